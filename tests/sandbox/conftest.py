"""A sandbox with one account, a clock that only moves when told, and servers for what needs real connections."""

import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from worker.sandbox.app import create_sandbox

KEY = "k-3f9c2a"
ROOT = Path(__file__).parents[2]
Request = Callable[..., TestResponse]


@pytest.fixture
def times() -> dict[str, float]:
    return {"now": 1_800_000_000.0}


@pytest.fixture
def wait(times: dict[str, float]) -> Callable[[float], None]:
    def later(seconds: float) -> None:
        times["now"] += seconds

    return later


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def app(times: dict[str, float], slept: list[float]) -> Flask:
    def sleep(seconds: float) -> None:
        slept.append(seconds)
        times["now"] += seconds

    return create_sandbox([("casa", KEY)], clock=lambda: times["now"], sleep=sleep, chance=random.Random(1))


@pytest.fixture
def control(app: Flask) -> FlaskClient:
    """Without key and account: the sandbox's own endpoints, and wrong requests."""
    return app.test_client()


@pytest.fixture
def send(control: FlaskClient) -> Request:
    """send("POST", "/invoices.json", body) to the account `casa`, with its key."""

    def sent(method: str, path: str, body: object = None, **options: Any) -> TestResponse:
        mark = "&" if "?" in path else "?"
        url = f"/casa{path}{mark}api_key={KEY}"
        if body is not None:
            options["json"] = body
        return control.open(url, method=method, **options)

    return sent


@pytest.fixture
def switch(control: FlaskClient) -> Callable[..., None]:
    def put(**switches: object) -> None:
        answer = control.post("/_sandbox/switches", json={"switches": switches})
        assert answer.status_code == 200, answer.text

    return put


@pytest.fixture
def fault(control: FlaskClient) -> Callable[..., None]:
    def put(name: str, **fields: object) -> None:
        answer = control.post("/_sandbox/faults", json={"fault": name, **fields})
        assert answer.status_code == 200, answer.text

    return put


@pytest.fixture
def act(control: FlaskClient) -> Request:
    def acted(document: int, action: str, **fields: object) -> TestResponse:
        body = {"account": "casa", "id": document, "action": action, "fields": fields}
        return control.post("/_sandbox/act", json=body)

    return acted


@pytest.fixture
def line() -> Callable[..., dict[str, object]]:
    def made(**changes: object) -> dict[str, object]:
        fields = {"name": "Accommodation", "unit_price": "94.3396", "quantity": "1", "tax": {"name": "IVA6"}}
        return {key: value for key, value in (fields | changes).items() if value is not None}

    return made


@pytest.fixture
def body(line: Callable[..., dict[str, object]]) -> Callable[..., dict[str, Any]]:
    """A valid body; a change to None leaves the field out."""

    def made(uid: str | None = None, root: str = "invoice", **changes: object) -> dict[str, Any]:
        fields: dict[str, object] = {
            "date": "14/03/2027",
            "due_date": "14/03/2027",
            "reference": "STR-1",
            "client": {"name": "Ana Exemplo", "code": "G-1"},
            "items": [line()],
        }
        content = {key: value for key, value in (fields | changes).items() if value is not None}
        return {root: content} | ({"proprietary_uid": uid} if uid else {})

    return made


@pytest.fixture
def create(send: Request, body: Callable[..., dict[str, Any]]) -> Request:
    def created(uid: str | None = None, kind: str = "invoices", **changes: object) -> TestResponse:
        return send("POST", f"/{kind}.json", body(uid, **changes))

    return created


@pytest.fixture
def draft(create: Request) -> Callable[..., dict[str, Any]]:
    """A draft that was made, as the answer showed it."""

    def drafted(uid: str | None = None, kind: str = "invoices", **changes: object) -> dict[str, Any]:
        answer = create(uid, kind, **changes)
        assert answer.status_code == 201, answer.text
        (document,) = answer.get_json().values()
        assert isinstance(document, dict)
        return document

    return drafted


@pytest.fixture
def werkzeug_url() -> Iterator[str]:
    """A sandbox in a thread of its own, over real HTTP, by the real clock."""
    server = make_server("127.0.0.1", 0, create_sandbox([("casa", KEY)]), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def gunicorn_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gunicorn") / "log"


@pytest.fixture(scope="session")
def gunicorn_url(gunicorn_log: Path) -> Iterator[str]:
    """A sandbox as it is run for real: gunicorn, one process, many threads.

    The listening socket is made here and handed down, so the port is free and requests wait until it is up.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening, gunicorn_log.open("wb") as log:
        command = [sys.executable, "-m", "gunicorn", "--worker-class=gthread", "--workers=1", "--threads=16"]
        command += ["--access-logfile=-", "--log-level=debug", f"--bind=fd://{listening.fileno()}"]
        process = subprocess.Popen(
            [*command, "worker.sandbox.app:from_environment()"],
            cwd=ROOT,
            env={**os.environ, "SANDBOX_ACCOUNTS": f"casa:{KEY},quinta:other"},
            pass_fds=[listening.fileno()],
            stdout=log,
            stderr=log,
        )
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        process.terminate()
        process.wait(10)


@pytest.fixture(params=["werkzeug_url", "gunicorn_url"])
def url(request: pytest.FixtureRequest) -> str:
    """Each kind of server in turn."""
    return str(request.getfixturevalue(request.param))
