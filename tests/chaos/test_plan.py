from collections import Counter
from itertools import pairwise

import pytest

from tests.chaos.plan import ACCOUNTS, Kill, Plan, make_plan
from worker.sandbox.faults import FAULTS as KNOWN_FAULTS
from worker.waits import LOCK_SECONDS


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(1, bookings=200, seconds=15)


def test_a_seed_gives_one_plan(plan: Plan) -> None:
    assert make_plan(1, bookings=200, seconds=15) == plan
    assert make_plan(2, bookings=200, seconds=15) != plan


def test_every_state_is_told_and_many_are_told_again(plan: Plan) -> None:
    told = Counter((sending.booking, sending.state) for sending in plan.sendings)
    assert told.keys() == {
        (number, state) for number, booking in enumerate(plan.bookings) for state in range(len(booking.states))
    }
    assert sum(count > 1 for count in told.values()) > 100


def test_states_grow_and_some_return_to_what_was_before(plan: Plan) -> None:
    back = 0
    for booking in plan.bookings:
        assert all(before.modified_at < after.modified_at for before, after in pairwise(booking.states))
        assert not any(before.says_the_same_as(after) for before, after in pairwise(booking.states))
        back += any(one.says_the_same_as(other) for one, _, other in zip(*(booking.states[n:] for n in range(3))))  # noqa: B905
    assert back > 10
    assert 20 < sum(booking.newest.cancelled for booking in plan.bookings) < 100
    assert {booking.account for booking in plan.bookings} == set(ACCOUNTS)


def test_older_states_come_after_newer_ones(plan: Plan) -> None:
    newest: dict[int, int] = {}
    late = 0
    for sending in plan.sendings:
        late += sending.state < newest.get(sending.booking, 0)
        newest[sending.booking] = max(newest.get(sending.booking, 0), sending.state)
    assert late > 50


def test_every_fault_and_every_kill_is_in_it(plan: Plan) -> None:
    faults = {str(blow.fault["fault"]) for blow in plan.blows if blow.fault}
    assert faults == set(KNOWN_FAULTS) - {"refused"}  # that one is for a person
    assert {blow.fault["status"] for blow in plan.blows if blow.fault and "status" in blow.fault} == {500, 502}
    assert {blow.kill for blow in plan.blows if blow.kill} == set(Kill) - {Kill.FROZEN, Kill.FORGETFUL}
    rare = make_plan(1, bookings=2, seconds=15, rare=[Kill.FROZEN, Kill.FORGETFUL])
    assert {blow.kill for blow in rare.blows if blow.kill} == set(Kill)
    assert all(blow.seconds > LOCK_SECONDS for blow in rare.blows if blow.kill is Kill.FROZEN)
