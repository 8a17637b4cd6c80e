"""Accounts take turns in a long queue, and no job is lost by it."""

from collections import Counter

from worker import dealing
from worker.dealing import LONG
from worker.queue import enqueue_commands, enqueue_look
from worker.records import booking_key
from worker.services import Services


def enqueue(house: Services, account: str, count: int) -> None:
    with house.queue.connection.pipeline() as pipe:
        for number in range(count):
            key = booking_key(account, "generic", f"R-{number}")
            for command in enqueue_commands(house.queue, key, job_id=f"{account}-{number}", delivery=""):
                pipe.execute_command(*command)  # type: ignore[no-untyped-call]
        pipe.execute()


def order(house: Services) -> list[str]:
    return list(house.queue.job_ids)


def deal(house: Services) -> bool:
    house.store.delete("fs:dealt")
    return dealing.deal(house.store, house.queue)


def test_a_small_account_comes_before_the_rest_of_a_large_ones_backlog(house: Services) -> None:
    enqueue(house, "grande", 1100)
    enqueue(house, "pequena", 3)
    enqueue(house, "outra", 1)
    assert deal(house)
    first = ["grande-0", "pequena-0", "outra-0", "grande-1", "pequena-1", "grande-2", "pequena-2"]
    assert order(house) == [*first, *(f"grande-{number}" for number in range(3, 1100))]


def test_dealing_again_changes_nothing_until_others_come(house: Services) -> None:
    enqueue(house, "grande", LONG)
    enqueue(house, "pequena", 2)
    assert deal(house)
    assert not deal(house)
    house.queue.connection.lpop(house.queue.key, 3)
    assert not deal(house), "what is left is in turn still"
    enqueue(house, "outra", 1)
    assert deal(house)


def test_a_short_queue_and_one_of_a_single_account_stay_as_they_are(house: Services) -> None:
    enqueue(house, "grande", LONG - 2)
    enqueue(house, "pequena", 1)
    assert not deal(house)
    house.queue.connection.delete(house.queue.key)
    enqueue(house, "grande", LONG)
    assert not deal(house)


def test_it_is_dealt_once_a_second_over_all_processes(house: Services) -> None:
    enqueue(house, "grande", LONG)
    enqueue(house, "pequena", 1)
    assert dealing.deal(house.store, house.queue)
    enqueue(house, "outra", 1)
    assert not dealing.deal(house.store, house.queue)
    assert house.store.exists("fs:dealt")


def test_jobs_that_name_no_account_take_turns_with_the_others(house: Services) -> None:
    enqueue(house, "grande", LONG)
    enqueue_look(house.queue, "grande", job_id="look")
    house.queue.connection.rpush(house.queue.key, "gone")  # RQ drops it when its turn comes
    before = Counter(order(house))
    assert deal(house)
    assert order(house)[:3] == ["grande-0", "look", "grande-1"]
    assert Counter(order(house)) == before


def test_no_more_than_so_many_are_dealt_at_a_time_and_the_rest_stays_behind_them(house: Services) -> None:
    enqueue(house, "grande", 30)
    enqueue(house, "pequena", 2)
    enqueue(house, "outra", 2)
    before = order(house)
    assert dealing.deal(house.store, house.queue, most=31)
    assert order(house)[:2] == ["grande-0", "pequena-0"]
    assert order(house)[31:] == before[31:]
    assert Counter(order(house)) == Counter(before)
