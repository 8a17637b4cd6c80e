"""What stands in docs/deploy/, read as its users read it."""

import re
from collections.abc import Mapping
from typing import Any

import click
import yaml  # type: ignore[import-untyped]  # comes with apprise; its types would be a dependency of their own

from tests.processes import ROOT
from worker.cli.main import faturasync
from worker.environment import read_environment

FOLDER = ROOT / "docs" / "deploy"
UNITS = sorted(path for kind in ("service", "socket", "target") for path in FOLDER.glob(f"*.{kind}"))

OTHERS = {"FORWARDED_ALLOW_IPS": "gunicorn/config.py", "RQ_KEY_PREFIX": "rq/defaults.py"}
"""Variables that libraries of ours read by themselves, and where."""


def unit(name: str) -> Mapping[str, Mapping[str, list[str]]]:
    """A unit's settings by section, each with all of its values: a setting may stand there several times."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in (FOLDER / name).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            found[section] = {}
        elif line and not line.startswith("#"):
            setting, _, value = line.partition("=")
            found[section].setdefault(setting, []).append(value)
    return found


def variables(text: str) -> dict[str, str]:
    """What an EnvironmentFile or an env_file says."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def known_variables() -> set[str]:
    """The variables that our processes read."""
    asked: set[str] = set()

    class Asked(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            asked.add(name)
            return default

    read_environment(Asked(), terminal=False)
    return asked | OTHERS.keys()


def check_command(words: list[str]) -> str:
    """The name of the process type, if the words after `faturasync` are ones that our command line takes."""
    name, *options = words
    command = faturasync.commands[name]
    assert isinstance(command, click.Command)
    command.make_context(name, options, resilient_parsing=False)
    return name


def seconds(text: str) -> float:
    """A time as systemd or Compose writes it, in seconds alone."""
    found = re.fullmatch(r"(\d+)s?", text)
    assert found, text
    return float(found[1])


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return found


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in their order, lines that go on joined."""
    text = (FOLDER / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]
