"""`faturasync queues`, `pause`, `resume` and `reminders`."""

import getpass
import json
from collections.abc import Callable

import pytest

from tests.cli.conftest import BODIES, Run
from worker.intake import Taken
from worker.pauses import PersonsPauses
from worker.services import Services
from worker.spans import span

Receive = Callable[[str, bytes], Taken]
Work = Callable[[], None]

SMOOBU = BODIES["smoobu/created-airbnb"]


def smoobu(**data: object) -> bytes:
    body = json.loads(SMOOBU)
    body["data"] |= data
    return json.dumps(body).encode()


def test_queues_are_told_to_people_and_to_scripts(run: Run, casa: str, receive: Receive, work: Work) -> None:
    run("connection", "add", casa, "smoobu")
    receive("casa-smoobu", SMOOBU)
    (queue,) = run("queues", "--json").json["queues"]
    assert (queue["queue"], queue["depth"], queue["queued"], queue["running"]) == ("bookings", 1, 1, 0)
    assert queue["oldest_seconds"] >= 0
    receive("casa-smoobu", smoobu(id=7, apartment={"id": 1}))
    work()
    run("pause", casa)
    told = run("queues", "--json").json
    (account,) = told["accounts"]
    assert (account["account"], account["parked"], account["paused"]["reason"]) == ("casa", 1, "paused-by-a-person")
    assert told["alive"] == 0
    assert (told["last_day"]["drafted"], told["last_day"]["jobs"]) == (1, 2)
    said = run("queues").out
    assert "Queue: 0 jobs, 0 bookings queued; 0 running.\n" in said
    assert "Stuck: 0 failed, 1 parked.\n" in said
    assert "Last day: 1 drafted, 0 updated, 0 withdrawn, 1 parked, 0 failed; at rest after " in said
    assert "Workers alive: 0 of 0. The scheduler does not run; last swept never.\n" in said
    assert "unknown-listing" in said
    assert f"by cli:{getpass.getuser()} since" in said
    assert "No worker is known." in said


def test_what_is_stuck_alike_is_tried_again_together(
    run: Run, casa: str, receive: Receive, work: Work, fails: Callable[..., str]
) -> None:
    run("connection", "add", casa, "smoobu")
    for number in (7, 8):
        receive("casa-smoobu", smoobu(id=number, apartment={"id": 1}))
    work()
    (group,) = run("queues", "--json").json["failures"]
    assert (group["count"], group["reason"]) == (2, "unknown-listing")
    assert run("retry", "--cause", group["cause"]).out == "2 bookings are tried again.\n"
    assert fails("retry", "--cause", group["cause"]).startswith("No booking is stuck for that any more.")
    run("retry", "--all", "--cause", group["cause"], code=2)
    work()
    assert run("retry", "--all").out == "2 bookings are tried again.\n"


def test_an_empty_house_has_queues_too(run: Run) -> None:
    said = run("queues").out
    assert "No accounts.\n" in said
    assert "Nothing is stuck.\n" in said


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"), (-1, "0 s"), (0.4, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3600, "1 h"),
        (3700, "1 h 1 min"), (90000, "1 d 1 h"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_told_in_its_two_largest_units(seconds: float | None, text: str) -> None:
    assert span(seconds) == text


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
    (line,) = [
        line for line in run("show", booking["booking"], "--json").json["history"] if line["event"] == "set-going"
    ]
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


def test_reminders_are_told_to_people_and_to_scripts(run: Run, casa: str, receive: Receive, work: Work) -> None:
    assert run("reminders").out == "Nothing to be reminded of.\n"
    assert run("reminders", "--json").json == []
    run("connection", "add", casa, "smoobu")
    for number in range(7):
        receive("casa-smoobu", smoobu(id=number, arrival="2020-01-02", departure="2020-01-05", apartment={"id": 1}))
    receive("casa-smoobu", smoobu(id=8, arrival="2020-01-02", departure="2020-01-05"))
    work()
    drafts, stays = run("reminders", "--json").json
    assert drafts == {
        "reminder": "drafts-not-finalised",
        "sentence": "Drafts to be finalised: 1. The fifth working day after check-out is over for 1 of them and today for 0.",
        "todo": drafts["todo"],
        "count": 1,
        "bookings": ["casa:smoobu:8"],
        "account": None,
        "connection": None,
        "due": [
            {
                "booking": "casa:smoobu:8",
                "check_out": "2020-01-05",
                "day": "2020-01-10",
                "explained": "Check-out 05/01/2020; the five working days after it: "
                "06/01/2020, 07/01/2020, 08/01/2020, 09/01/2020, 10/01/2020.",
            }
        ],
    }
    assert (stays["reminder"], stays["count"], len(stays["bookings"]), stays["due"]) == (
        "stays-without-document", 7, 7, []
    )  # fmt: skip
    said = run("reminders").out
    assert "  casa:smoobu:8: Check-out 05/01/2020; the five working days after it" in said
    assert "  and 2 more; --json names up to 50.\n" in said
