"""The supervisor: restarts what dies, stops in order, and alone hears Ctrl-C."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from tests.processes import ROOT, is_alive
from tests.waiting import until
from worker import supervisor
from worker.supervisor import Program, Supervisor

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """The signals' handlers are put back: a supervisor is meant to have its process for itself."""
    before = {each: signal.getsignal(each) for each in SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Where the programs write: a line each time."""
    return tmp_path / "notes"


def lines(notes: Path) -> list[str]:
    return notes.read_text().splitlines() if notes.exists() else []


def program(name: str, notes: Path, script: str, *, rank: int = 1) -> Program:
    """A program in Python that has `note(text)`."""
    head = f"import os, signal, sys, time\ndef note(text): open({str(notes)!r}, 'a').write(f'{{text}}\\n')\n"
    return Program(name=name, command=[sys.executable, "-S", "-c", head + textwrap.dedent(script)], stop_rank=rank)


STAYS = """
    def stop(*_):
        time.sleep({slow})
        note("{name} stopped")
        sys.exit(0)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, lambda *_: note("{name} interrupted"))
    signal.signal(signal.SIGHUP, lambda *_: note("{name} hung up"))
    note("{name} started")
    while True: time.sleep(60)
"""


def supervised(*programs: Program, tend: Callable[[], None] = lambda: None) -> Supervisor:
    environment: Mapping[str, str] = {"PATH": os.defpath}
    return Supervisor(programs, environment=environment, tend=tend)


def pids(running: Supervisor) -> list[int]:
    return [child.process.pid for child in running._children]


def test_what_keeps_dying_is_restarted_after_growing_pauses(notes: Path) -> None:
    with supervised(program("dies", notes, "note(time.monotonic()); sys.exit(3)")) as running:
        assert running.watch(until=lambda: len(lines(notes)) == 5)
    moments = [float(line) for line in lines(notes)]
    pauses = [after - before for before, after in pairwise(moments)]
    assert all(pause >= 0.1 * 2**death for death, pause in enumerate(pauses, 1))
    assert pauses[-1] < 1.6 + 2


def test_what_dies_after_a_while_is_restarted_at_once(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "QUICK_SECONDS", 0.3)
    with supervised(program("dies", notes, "note(time.monotonic()); time.sleep(0.4)")) as running:
        assert running.watch(until=lambda: len(lines(notes)) == 4)
    moments = [float(line) for line in lines(notes)]
    assert all(after - before < 2 for before, after in pairwise(moments))


def test_a_killed_program_is_replaced_and_the_others_stay(notes: Path) -> None:
    one, two = (program(name, notes, STAYS.format(name=name, slow=0)) for name in ("one", "two"))
    with supervised(one, two) as running:
        assert running.watch(until=lambda: len(lines(notes)) == 2)
        first, second = pids(running)
        os.kill(first, signal.SIGKILL)
        assert running.watch(until=lambda: lines(notes).count("one started") == 2)
        assert pids(running)[1] == second
        assert pids(running)[0] != first


def test_the_lowest_rank_is_stopped_and_waited_for_first(notes: Path) -> None:
    ranks = {"sandbox": 3, "receiver": 2, "worker": 1, "console": 2}
    slow = {"worker": 0.7, "receiver": 0.4}
    programs = [
        program(name, notes, STAYS.format(name=name, slow=slow.get(name, 0)), rank=rank) for name, rank in ranks.items()
    ]
    with supervised(*programs) as running:
        assert running.watch(until=lambda: len(lines(notes)) == 4)
        children = pids(running)
    assert [line.split()[0] for line in lines(notes)[4:]] == ["worker", "console", "receiver", "sandbox"]
    assert not any(is_alive(pid) for pid in children)


def test_one_that_does_not_stop_is_killed_in_the_end(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN); note('deaf'); time.sleep(60)"
    with supervised(
        program("deaf", notes, deaf), program("last", notes, STAYS.format(name="last", slow=0), rank=2)
    ) as running:
        assert running.watch(until=lambda: len(lines(notes)) == 2)
        children = pids(running)
    assert lines(notes)[-1] == "last stopped"
    assert not any(is_alive(pid) for pid in children)


def test_one_that_died_is_not_started_again_for_the_stop(notes: Path) -> None:
    with supervised(program("dies", notes, "note('started')")) as running:
        assert running.watch(until=lambda: bool(lines(notes)))
        until(lambda: not is_alive(pids(running)[0]), what="its end")
    assert lines(notes) == ["started"]


def test_what_runs_already_is_stopped_where_another_cannot_start(notes: Path) -> None:
    missing = Program(name="missing", command=["/no/such/program"])
    running = supervised(program("one", notes, STAYS.format(name="one", slow=0)), missing)
    with pytest.raises(FileNotFoundError), running:
        pass
    assert len(pids(running)) == 1
    assert not is_alive(pids(running)[0])


def test_it_tends_what_is_not_a_program(notes: Path) -> None:
    tended: list[float] = []
    with supervised(tend=lambda: tended.append(time.monotonic())) as running:
        assert running.watch(until=lambda: len(tended) > 2)


@pytest.mark.parametrize("sign", SIGNALS, ids=lambda sign: sign.name)
def test_the_terminals_signals_reach_the_supervisor_alone(notes: Path, sign: signal.Signals) -> None:
    script = f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        from tests.test_supervisor import STAYS, program, supervised
        from pathlib import Path
        notes = Path({str(notes)!r})
        one, two = (program(name, notes, STAYS.format(name=name, slow=0)) for name in ("one", "two"))
        with supervised(one, two) as running:
            print(running.watch())
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        until(lambda: len(lines(notes)) == 2, what="the programs")
        os.killpg(process.pid, sign)  # as a terminal does: to all of its foreground
        said, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, said) == (0, b"False\n")
    assert sorted(lines(notes)[2:]) == ["one stopped", "two stopped"]
