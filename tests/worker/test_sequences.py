"""The series of an account: found by name, asked for once, and again where they may have changed."""

import pytest

from tests.worker.room import API_KEY, Room
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.sequences import DocumentSequence, sequence_named
from worker.sequences import forget_sequences, sequence_id


def casa(room: Room) -> InvoiceXpress:
    return room.workshop.pool.account("casa", API_KEY)


def make(room: Room, name: str) -> str:
    """A person makes a series in InvoiceXpress; its id."""
    room.switch(tax_authority_credentials=True)
    made = room.ask("POST", "/sequences.json", {"sequence": {"serie": name, "default_sequence": "0"}})
    return str(made["sequence"]["id"])


def found(room: Room, name: str, account: str = "casa") -> str | None:
    return sequence_id(room.house.store, account, casa(room), name)


def asked(room: Room) -> int:
    return room.requests().get("GET /sequences.json", 0)


def test_they_are_asked_for_once(room: Room) -> None:
    number = make(room, "AL2026")
    assert [found(room, "AL2026"), found(room, " al2026 ")] == [number, number]
    assert asked(room) == 1


def test_one_that_is_missing_is_asked_for_each_time_and_found_when_it_is_there(room: Room) -> None:
    assert (found(room, "AL2027"), found(room, "AL2027")) == (None, None)
    assert asked(room) == 2
    number = make(room, "AL2027")
    room.requests()
    assert (found(room, "AL2027"), found(room, "AL2027")) == (number, number)
    assert asked(room) == 1


def test_each_account_has_its_own_and_they_can_be_forgotten(room: Room) -> None:
    found(room, "G")
    found(room, "G", account="rival")
    forget_sequences(room.house.store, "casa")
    found(room, "G")
    assert asked(room) == 3


@pytest.mark.parametrize(
    ("names", "wanted", "name"),
    [
        (["A", "a"], "a", "a"),
        (["A", "AL"], "al", "AL"),
        (["AL", "Al"], "al", None),
        (["AL", "AL"], "AL", None),
        (["1", "2"], "2", "2"),
        ([], "AL", None),
    ],
)
def test_a_name_means_one_series_or_none(names: list[str], wanted: str, name: str | None) -> None:
    sequences = [DocumentSequence(id=str(number), name=each) for number, each in enumerate(names)]
    series = sequence_named(sequences, wanted)
    assert (series.name if series else None) == name


def test_ids_and_names_may_be_numbers() -> None:
    assert DocumentSequence.model_validate({"id": 70001, "serie": 2019}) == DocumentSequence(id="70001", name="2019")
