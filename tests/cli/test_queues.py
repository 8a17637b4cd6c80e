"""`faturasync pause` and `resume`."""

import getpass
from collections.abc import Callable

from tests.cli.conftest import BODIES, Run
from worker.intake import Taken
from worker.pauses import PersonsPauses
from worker.services import Services

Receive = Callable[[str, bytes], Taken]
Work = Callable[[], None]

SMOOBU = BODIES["smoobu/created-airbnb"]


def test_an_account_is_paused_and_resumed(run: Run, casa: str, receive: Receive, work: Work) -> None:
    run("connection", "add", casa, "smoobu")
    said = run("pause", casa).out
    assert said.startswith("casa is paused since ")
    assert f"by cli:{getpass.getuser()}. Go on: faturasync resume casa" in said
    assert run("pause", casa).out == said
    receive("casa-smoobu", SMOOBU)
    work()
    (booking,) = run("bookings", "--json").json
    assert (booking["status"], booking["reason"]) == ("waiting", "paused-by-a-person")
    assert booking["todo"].endswith("faturasync resume casa")
    assert run("resume", casa).out == "Resumed. 1 bookings that waited go on.\n"
    work()
    (booking,) = run("bookings", "--json").json
    assert booking["status"] == "drafted"
    (line,) = [line for line in run("show", booking["booking"], "--json").json["history"] if line["event"] == "resumed"]
    assert line["who"] == f"cli:{getpass.getuser()}"


def test_what_cannot_be_paused_or_resumed_is_said(run: Run, casa: str, fails: Callable[..., str]) -> None:
    assert fails("pause", "rival") == "There is no account rival. See: faturasync account list"
    assert fails("resume", casa) == "Nobody has paused an account casa. See: faturasync queues"
    run("pause", casa)
    assert run("resume", casa).out == "Resumed.\n"


def test_a_removed_accounts_pause_is_over(run: Run, casa: str, house: Services) -> None:
    run("pause", casa)
    run("account", "remove", casa)
    assert PersonsPauses(house.store).all() == {}
