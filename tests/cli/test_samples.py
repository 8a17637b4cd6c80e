import json
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from werkzeug.serving import make_server

from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery
from tests.cli.conftest import BODIES, Run
from tests.processes import free_port
from tests.samples import DELIVERIES, secret_for
from webhook.receiver import create_receiver
from worker.services import Services

Fails = Callable[..., str]


def sample(case: str) -> str:
    (found,) = (DELIVERIES / case).glob("[!e]*.*")
    return str(found)


@pytest.fixture
def receiver(house: Services) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_receiver(house), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hook(run: Run, casa: str) -> str:
    run("connection", "add", casa, "smoobu")
    return "casa-smoobu"


# preview


def test_preview_shows_the_draft_and_sends_and_stores_nothing(
    run: Run, hook: str, house: Services, sandbox: httpx.Client
) -> None:
    sandbox.delete("/requests")
    (told,) = run("preview", sample("smoobu/created-airbnb"), "--connection", hook, "--json").json
    data = json.loads(BODIES["smoobu/created-airbnb"])["data"]
    net = f"{data['price'] - data['commission-included']:.2f}"
    assert (told["draft"], told["client"], told["total"]) == ("yes", data["guest-name"], net)
    said = run("preview", "-", "--connection", hook, given=BODIES["smoobu/created-airbnb"]).out
    for fact in (data["guest-name"], net, told["description"]):
        assert fact in said
    assert run("bookings", "--json").json == []
    assert sandbox.get("/requests").json()["total"] == 0
    assert not house.queue.count


@pytest.mark.parametrize(
    ("case", "draft", "reason"),
    [
        ("smoobu/listing-unknown", "no: a person must decide", "unknown-listing"),
        ("smoobu/price-missing", "no: a person must decide", "no-price"),
        ("smoobu/price-zero", "no", "no-price"),
        ("smoobu/blocked", "no", "blocked"),
    ],
)
def test_preview_says_why_there_is_no_draft(run: Run, hook: str, case: str, draft: str, reason: str) -> None:
    (told,) = run("preview", sample(case), "--connection", hook, "--json").json
    assert (told["draft"], told["reason"]) == (draft, reason)
    assert told["todo"] in run("preview", sample(case), "--connection", hook).out


def test_preview_of_what_is_no_booking_says_what_it_is(fails: Fails, hook: str) -> None:
    assert fails("preview", sample("smoobu/test-event"), "--connection", hook).startswith(
        "The body tells of no booking"
    )


@pytest.mark.parametrize("body", [b"", b"[", b"\xff", b"{}", b"[1]"])
def test_preview_of_what_cannot_be_read_names_the_place(fails: Fails, hook: str, body: bytes) -> None:
    assert fails("preview", "-", "--connection", hook, given=body)


def test_a_missing_file_is_named(fails: Fails, hook: str) -> None:
    for command in ("preview", "deliver"):
        sentence = "The file no/file cannot be read (No such file or directory)."
        assert fails(command, "no/file", "--connection", hook) == sentence


# deliver


@pytest.mark.parametrize("name", channel_managers())
def test_deliver_signs_as_the_vendor_would(run: Run, casa: str, receiver: str, house: Services, name: str) -> None:
    secret = secret_for(name)
    run("connection", "add", casa, name, *(["--secret-file", "-"] if secret else []), given=secret)
    words = ("deliver", sample(f"{name}/created-direct"), "--connection", f"casa-{name}", "--receiver", receiver)
    told = run(*words, "--json").json
    assert told["outcome"] == "queued"
    vendor, sent = channel_managers()[name], Delivery(body=BODIES[f"{name}/created-direct"])
    assert vendor.read(house.deliveries.content(told["delivery"])) == vendor.read(sent)
    assert run(*words).out.startswith("repeated: delivery ")
    assert len(run("bookings", "--json").json) == 1


def test_deliver_leaves_no_token_behind(run: Run, hook: str, receiver: str, house: Services) -> None:
    before = house.store.hgetall("fs:tokens")
    run("deliver", sample("smoobu/created-direct"), "--connection", hook, "--receiver", receiver)
    assert house.store.hgetall("fs:tokens") == before


def test_deliver_goes_to_the_public_url(run: Run, hook: str, receiver: str) -> None:
    words = ("deliver", sample("smoobu/created-direct"), "--connection", hook)
    assert run(*words, FATURASYNC_PUBLIC_URL=receiver).out.startswith("queued: delivery ")


def test_deliver_names_the_event_in_the_url(run: Run, hook: str, receiver: str, house: Services) -> None:
    words = ("deliver", sample("smoobu/created-direct"), "--connection", hook, "--receiver", receiver, "--json")
    told = run(*words, "--event", "booking made").json
    assert house.deliveries.content(told["delivery"]).query == {"e": "booking made"}


def test_deliver_says_what_the_receiver_refused(run: Run, casa: str, receiver: str) -> None:
    run("connection", "add", casa, "generic")
    words = ("deliver", "-", "--connection", "casa-generic", "--receiver", receiver)
    for body, sentence in (
        (b"{}", "The receiver answered 422: The body is not in the documented form. type is missing or empty; data is"),
        (b"x" * (1024 * 1024 + 1), "The receiver answered 413: "),
    ):
        said = run(*words, given=body, code=1)
        assert said.err.splitlines()[-1].startswith(f"Error: {sentence}")


def test_deliver_of_what_cannot_be_signed_says_so(fails: Fails, run: Run, casa: str, receiver: str) -> None:
    run("connection", "add", casa, "generic")
    run("connection", "add", casa, "lodgify")
    words = ("deliver", "-", "--receiver", receiver, "--connection")
    assert fails(*words, "casa-lodgify", given=b"{}") == (
        "The connection has no secret: faturasync connection rotate casa-lodgify --secret-file FILE"
    )
    assert fails(*words, "casa-generic", given=b"\xff") == "The body cannot be signed: it is not UTF-8."


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:{port}", "127.0.0.1:{port}", "http://[", "http://no-such.invalid", ""]
)
def test_without_a_receiver_it_says_how_to_start_one(fails: Fails, hook: str, address: str) -> None:
    address = address.format(port=free_port())
    words = ("deliver", sample("smoobu/created-direct"), "--connection", hook, "--receiver", address)
    shown = address or "http://127.0.0.1:8000"
    assert fails(*words) == (
        f"No receiver answers at {shown}. Start it with `faturasync up`, or say where it is with --receiver."
    )


def test_what_is_no_receiver_is_told_so(fails: Fails, hook: str, sandbox_url: str) -> None:
    words = ("deliver", sample("smoobu/created-direct"), "--connection", hook, "--receiver")
    assert fails(*words, sandbox_url) == f"What answers at {sandbox_url} is no receiver of FaturaSync (404)."
    assert fails(*words, f"{sandbox_url}/") == f"What answers at {sandbox_url} is no receiver of FaturaSync (404)."
