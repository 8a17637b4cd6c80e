"""The systemd units: what systemd's own linter says, and the facts that a restart under deliveries hangs on."""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.deploy.files import FOLDER, UNITS, check_command, known_variables, seconds, unit, variables
from worker.serving import STOP_SECONDS as RECEIVERS_GRACE
from worker.supervisor import STOP_SECONDS as WORKERS_GRACE
from worker.waits import JOB_SECONDS

PROGRAM = "/opt/faturasync/current/.venv/bin/faturasync"
GRACE = {"receiver": RECEIVERS_GRACE, "console": RECEIVERS_GRACE, "worker": WORKERS_GRACE}
SERVICES = [path.name for path in UNITS if path.suffix == ".service"]


def kind(name: str) -> str:
    """The process type that a service is for."""
    return name.removeprefix("faturasync-").removesuffix(".service").removesuffix("@")


def test_each_process_type_has_a_service() -> None:
    assert [f"faturasync-{name}.service" for name in ("console", "receiver@", "worker")] == SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_a_command_of_ours(name: str) -> None:
    (command,) = unit(name)["Service"]["ExecStart"]
    program, *words = command.split()
    assert program == PROGRAM
    assert check_command(words) == kind(name)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_time_to_stop_warmly_and_is_asked_once(name: str) -> None:
    service = unit(name)["Service"]
    assert seconds(service["TimeoutStopSec"][0]) > GRACE[kind(name)]
    assert (service["KillSignal"], service["KillMode"]) == (["SIGTERM"], ["mixed"])  # the main process asks the others


def test_a_worker_may_finish_its_job() -> None:
    assert WORKERS_GRACE > JOB_SECONDS


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_started_again_for_ever(name: str) -> None:
    found = unit(name)
    assert found["Service"]["Restart"] == ["always"]
    assert found["Unit"]["StartLimitIntervalSec"] == ["0"]
    assert {"redis-server.service", "valkey-server.service"} <= set(found["Unit"]["After"][0].split())


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_locked_in(name: str) -> None:
    service = unit(name)["Service"]
    assert service.keys() >= {"DynamicUser", "CapabilityBoundingSet", "SystemCallFilter", "RestrictAddressFamilies"}
    assert service["NoNewPrivileges"] == ["yes"]
    assert service["ProtectSystem"] == ["strict"]
    assert service["EnvironmentFile"] == ["/etc/faturasync/faturasync.env"]


def test_the_receivers_share_a_socket_that_outlives_them() -> None:
    receiver, socket = unit("faturasync-receiver@.service"), unit("faturasync-receiver.socket")
    assert receiver["Unit"]["Requires"] == receiver["Service"]["Sockets"] == ["faturasync-receiver.socket"]
    assert socket["Socket"] == {"Service": ["faturasync-receiver@1.service"], "ListenStream": ["127.0.0.1:8000"]}
    assert "PartOf" not in socket["Unit"]  # else a restart of everything would close it


def test_the_environment_file_names_only_variables_that_are_read() -> None:
    text = (FOLDER / "faturasync.env.example").read_text()
    perhaps = re.findall(r"^#([A-Z_]+)=", text, re.MULTILINE)
    found = variables(text)
    assert found.keys() | set(perhaps) <= known_variables()
    assert found.keys() >= {"REDIS_URL", "FATURASYNC_SECRET_KEYS", "FATURASYNC_PUBLIC_URL", "CONSOLE_PASSWORD"}
    assert not found["FATURASYNC_SECRET_KEYS"]
    assert not found["CONSOLE_PASSWORD"]


def test_the_command_line_has_the_services_variables(tmp_path: Path) -> None:
    settings = tmp_path / "faturasync.env"
    settings.write_text("# A=1\n\nREDIS_URL=redis://a&b/0\nALARM_URLS=json://one json://two\nRQ_KEY_PREFIX={casa}")
    found = subprocess.run(
        [FOLDER / "faturasync.sh", "-0"], check=True, capture_output=True, text=True,
        env={"PATH": os.defpath, "FATURASYNC_ENV": str(settings), "FATURASYNC": "env", "SUDO_USER": "ana", "LOGNAME": "root"},
    ).stdout.split("\0")  # fmt: skip
    assert {"REDIS_URL=redis://a&b/0", "ALARM_URLS=json://one json://two", "RQ_KEY_PREFIX={casa}"} <= set(found)
    assert "LOGNAME=ana" in found
    assert not [each for each in found if each.startswith("A=")]


def test_the_page_about_it_names_what_is_there() -> None:
    page = (FOLDER.parent / "deploy.md").read_text()
    for link in re.findall(r"\]\(([^)#]+)\)", page):
        assert (FOLDER.parent / link).exists(), link
    enabled = " ".join(re.findall(r"^systemctl enable ((?:.*\\\n)*.*?)(?:  #.*)?$", page, re.MULTILINE)).replace(
        "\\", " "
    )
    files = {path.name for path in UNITS}
    for word in enabled.split():
        name = word if word.endswith((".target", ".socket")) else f"{word}.service"
        assert re.sub(r"@\d", "@", name) in files, word


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine's PATH")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    ours = f"{sysconfig.get_path('scripts')}/faturasync"
    copies = [tmp_path / path.name for path in UNITS]
    for path, copy in zip(UNITS, copies, strict=True):
        copy.write_text(path.read_text().replace(PROGRAM, ours))
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *copies], capture_output=True, text=True, check=False, timeout=30
    )
    assert (said.returncode, said.stdout + said.stderr) == (0, "")
