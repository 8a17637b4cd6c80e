"""The image and the compose file: the facts that a restart under deliveries, and a store that forgets nothing, hang on."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.files import FOLDER, check_command, compose, instructions, known_variables, seconds, variables
from tests.processes import ROOT
from worker.embedded import SERVER_SETTINGS
from worker.serving import STOP_SECONDS as RECEIVERS_GRACE
from worker.supervisor import STOP_SECONDS as WORKERS_GRACE

GRACE = {"receiver": RECEIVERS_GRACE, "console": RECEIVERS_GRACE, "worker": WORKERS_GRACE}
LOCK = "scripts/locked-requirements.txt"


def ours() -> dict[str, dict[str, Any]]:
    """Our own services of the compose file, by name."""
    return {name: each for name, each in compose()["services"].items() if each["image"].startswith("faturasync:")}


def kind(service: dict[str, Any]) -> str:
    program, *words = service["command"].split()
    assert program == "faturasync"
    return check_command(words)


def has_compose() -> bool:
    """Whether Docker's compose plugin is there; it needs no daemon to read a file."""
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0  # fmt: skip


def test_there_are_two_receivers_and_one_of_each_other() -> None:
    assert sorted(map(kind, ours().values())) == ["console", "receiver", "receiver", "worker"]


def test_a_container_has_time_to_stop_warmly() -> None:
    for name, service in ours().items():
        assert seconds(service["stop_grace_period"]) > GRACE[kind(service)], name


def test_a_container_is_locked_in_and_started_again() -> None:
    for service in ours().values():
        assert service["init"]  # a process that is number 1 hears no SIGTERM until it asks for it
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["restart"] == "always"
        assert service["depends_on"] == {"store": {"condition": "service_healthy"}}
        assert "ports" not in service  # what the outside may ask goes through the proxy


def test_the_store_forgets_nothing() -> None:
    store = compose()["services"]["store"]
    told = dict(re.findall(r"--(\S+) (\S+)", store["command"]))
    for name in ("appendonly", "appendfsync", "maxmemory-policy"):
        assert told[name] == SERVER_SETTINGS[name]
    assert store["volumes"] == ["store:/data"]
    assert "healthcheck" in store
    assert "ports" not in store


def test_every_variable_is_read_by_somebody() -> None:
    example = variables((FOLDER / "faturasync.env.example").read_text())
    for service in ours().values():
        assert service["environment"].keys() | example.keys() <= known_variables()


def test_the_proxy_knows_all_who_answer() -> None:
    services = compose()["services"]
    ports = {name: re.search(r"--port (\d+)", each["command"]) for name, each in ours().items()}
    told = services["proxy"]["environment"]
    named = {f"{name}:{port[1]}" for name, port in ports.items() if port}
    assert set(f"{told['RECEIVERS']} {told['CONSOLES']}".split()) == named
    caddy = (FOLDER / "Caddyfile").read_text()
    assert set(re.findall(r"\{\$([A-Z]+)", caddy)) == told.keys()


@pytest.mark.skipif(not has_compose(), reason="docker compose is not on this machine: compose.yaml is only parsed")
def test_compose_finds_nothing_wrong_with_the_file(tmp_path: Path) -> None:
    file = shutil.copy(FOLDER / "compose.yaml", tmp_path)
    shutil.copy(FOLDER / "faturasync.env.example", tmp_path / "faturasync.env")
    subprocess.run(["docker", "compose", "--file", file, "config", "--quiet"], check=True, timeout=30)


def test_the_image_has_the_locked_dependencies_and_no_others() -> None:
    commands = " ".join(rest for word, rest in instructions() if word == "RUN")
    (download,) = re.findall(r"pip download (.*?) &&|pip download (.*?)(?: python|$)", commands)
    assert {"--require-hashes", "--only-binary"} <= set(" ".join(download).split())
    assert LOCK in " ".join(download)
    (install,) = re.findall(r"pip --python \S+ install ([^&]*)", commands)
    assert {"--no-index", "--find-links"} <= set(install.split())


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    found = instructions()
    final = found[max(number for number, (word, _) in enumerate(found) if word == "FROM") :]
    told = dict(final)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", told["USER"])
    assert told["STOPSIGNAL"] == "SIGTERM"
    assert "/readyz" in told["HEALTHCHECK"]
    assert "ENTRYPOINT" not in told  # a Procfile host runs the Procfile's lines in it
    words = re.findall(r'"([^"]+)"', told["CMD"])
    assert (words[0], check_command(words[1:])) == ("faturasync", "receiver")


def test_the_image_is_given_what_it_copies_and_nothing_else() -> None:
    copied = {source.rstrip("/") for word, rest in instructions() if word == "COPY" and "--from" not in rest
              for source in rest.split()[:-1]}  # fmt: skip
    given = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    assert given[1] == "*"
    assert {line.removeprefix("!") for line in given if line.startswith("!")} == copied
    assert all((ROOT / source).exists() for source in copied)
    packages = {"mapping", "webhook", "worker"}
    assert copied >= {*packages, "docs/channel-managers", LOCK}


def test_the_procfiles_commands_are_ours() -> None:
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    kinds = {name: check_command(command.removeprefix("faturasync ").split()) for name, command in lines.items()}
    assert kinds == {"web": "receiver", "worker": "worker", "console": "console"}
