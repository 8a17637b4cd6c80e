"""The index: pages, filters, counts and searches that answer as if every record had been read, and an older store's."""

import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from mapping.booking import Booking, Channel
from mapping.delivery import Cancellation, Delivery, Doorbell
from mapping.reasons import Reason
from tests.conftest import FakeClock
from tests.worker.indexed import forget_the_index, index_by_records, index_in
from tests.worker.room import GUEST, Room, body, everything, key_of
from worker.connections import Connection, vendor_of
from worker.environment import Environment
from worker.filing import name_words, searched_beginnings
from worker.index import Filters, Index
from worker.indexing import TAKEN, Indexing
from worker.ledger import record_key
from worker.naming import reference_stem
from worker.records import BookingStatus, Record
from worker.services import Services, services
from worker.store import Store
from worker.vault import fresh_key
from worker.views import as_json

Take = Callable[..., str]


def keys(records: Iterable[Record]) -> list[str]:
    return [record.key for record in records]


@pytest.fixture
def take(house: Services, clock: FakeClock) -> Take:
    """take(7, account="casa", guest_name="Ana"): take a booking in, and settle it where a status is given."""
    connections: dict[str, Connection] = {}

    def taken(
        number: object,
        *,
        account: str = "casa",
        status: BookingStatus | None = None,
        reason: Reason | None = None,
        place: str = "",
        **data: object,
    ) -> str:
        if account not in connections:
            connections[account] = house.connections.add(account, "generic", [], now=clock()).connection
        delivery = Delivery(body=body(1, source_id=str(number), **data))
        reading: Any = vendor_of("generic").read(delivery)
        (key,) = house.intake.take(connections[account], delivery, reading, now=clock()).bookings
        if status:
            house.ledger.settle(
                key, house.ledger.job(key), status, now=clock(), reason=reason, fields={"property": place}
            )
        return key

    return taken


def walked(index: Index, filters: Filters, *, limit: int) -> list[str]:
    """Page by page."""
    found, after = [], ""
    while True:
        page = index.page(filters, after=after, limit=limit)
        found += keys(page.records)
        after = page.after
        if not after:
            return found
        assert len(page.records) == limit


def test_pages_tell_every_booking_once_the_newest_first(house: Services, clock: FakeClock, take: Take) -> None:
    ids = ["a", "é", "z", "Z", "10", "9", "a b", "a\0b", "日本", "~"]
    for moment in range(3):
        for each in ids:  # all at one moment
            take(f"{each}{moment}")
        clock.go_on(seconds=0.000001)
    expected = [
        f"casa:generic:{each}" for moment in (2, 1, 0) for each in (f"{each}{moment}" for each in reversed(ids))
    ]
    for limit in (1, 2, 7, 29, 30, 31):
        assert walked(house.index, Filters(), limit=limit) == expected
    assert house.index.keys() == expected


def test_a_page_goes_on_where_the_last_one_ended_whatever_changed_meanwhile(
    house: Services, clock: FakeClock, take: Take
) -> None:
    listed = [take(number) for number in range(6)]
    first = house.index.page(limit=2)
    assert keys(first.records) == [listed[5], listed[4]]
    clock.go_on(seconds=1)
    for changed in (listed[4], listed[5], listed[0]):  # also the very booking after which the next page begins
        house.ledger.requeue(changed, job=house.new_id(), now=clock())
    assert keys(house.index.page(after=first.after, limit=2).records) == [listed[3], listed[2]]
    assert keys(house.index.page(after=first.after).records) == [listed[3], listed[2], listed[1]]
    assert keys(house.index.page(after="nonsense", limit=1).records) == [listed[5]]


@pytest.mark.parametrize("counted_at_once", [0, 100_000])
def test_filters_tell_what_reading_every_record_would(
    house: Services, clock: FakeClock, take: Take, counted_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.index.COUNTED_AT_ONCE", counted_at_once)
    statuses = [(BookingStatus.PARKED, Reason.NO_PRICE), (BookingStatus.PARKED, Reason.NO_RATE), (None, None)]
    kinds = itertools.product(["casa", "b"], ["airbnb", "direct"], ["2026-07-07", "2026-08-01"], ["", "Sol"], statuses)
    for number, (account, ota, check_out, place, (status, reason)) in enumerate(kinds):
        take(number, account=account, ota=ota, check_out=check_out, place=place, status=status, reason=reason)
        clock.go_on(seconds=number % 2)
    every = list(house.ledger.all(*BookingStatus))
    assert len(every) == 48
    for wanted_status, wanted_reason, of, at, channel, month in itertools.product(
        [None, BookingStatus.PARKED, BookingStatus.FINAL],
        [None, Reason.NO_PRICE, "none-such"],
        [None, "casa"],
        [None, "Sol"],
        [None, "airbnb", "direct"],
        [None, "2026-08"],
    ):
        wanted = Filters(
            status=wanted_status, reason=wanted_reason, account=of, property_name=at, channel=channel, month=month
        )
        fitting = {record.key for record in every if wanted.fit(record)}
        found = walked(house.index, wanted, limit=5)
        assert len(found) == len(fitting)
        assert set(found) == fitting
        assert house.index.keys(wanted) == found
        others = replace(wanted, status=None)
        statuses_of = [record.status for record in every if others.fit(record)]
        assert house.index.statuses(wanted) == {status: statuses_of.count(status) for status in BookingStatus}
        times = [record.updated_at for record in house.index.all(wanted)]
        assert times == sorted(times, reverse=True)


def test_a_rare_fit_is_found_far_down_a_long_list(
    house: Services, clock: FakeClock, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.index.LOOKED_AT", 7)
    rare = [take(number, account="casa", ota="vrbo") for number in (1, 2)]
    for number in range(50):
        clock.go_on(seconds=1)
        take(number, account="b", ota="vrbo")
        take(number + 1000, account="casa")
    assert walked(house.index, Filters(account="casa", channel="vrbo"), limit=1) == rare[::-1]


def test_counts_are_by_account_and_of_all(house: Services, take: Take) -> None:
    take(1, status=BookingStatus.PARKED, reason=Reason.NO_PRICE, place="Sol")
    take(2, ota="airbnb", check_out="2026-08-01")
    take(3, account="b")
    assert house.index.counts("casa") == {
        "status": {"parked": 1, "queued": 1},
        "reason": {"no-price": 1},
        "account": {"casa": 2},
        "property": {"Sol": 1},
        "channel": {"direct": 1, "airbnb": 1},
        "month": {"2026-07": 1, "2026-08": 1},
    }
    assert house.index.counts()["account"] == {"casa": 2, "b": 1}
    assert house.index.counts()["status"] == {"parked": 1, "queued": 2}
    take(1, total_guest="7.00")
    assert house.index.counts("casa")["status"] == {"queued": 2}
    assert "reason" not in house.index.counts()
    assert house.index.counts("nobody") == {}


def test_a_booking_is_filed_under_what_its_job_read(room: Room) -> None:
    room.drafted()
    room.drafted(property_ref="casa-9", check_out="2026-08-01", ota="vrbo", guest_name="Outra Pessoa")
    assert index_in(room.house) == index_by_records(room.house)
    found = Filters(reason=Reason.UNKNOWN_LISTING, channel="vrbo", month="2026-08")
    assert room.house.index.keys(found) == [key_of()]
    assert room.house.index.keys(Filters(property_name="Casa do Largo")) == []


@pytest.mark.parametrize("named", [Doorbell(source_id="R-1"), Cancellation(source_id="R-1")])
def test_a_booking_that_is_only_named_is_found_and_stays_filed_as_it_was(
    room: Room, named: Doorbell | Cancellation
) -> None:
    def ring(name: str) -> None:
        delivery = Delivery(body=name.encode())
        room.house.intake.take(room.connection, delivery, named, now=room.clock())

    ring("first")
    assert keys(room.house.search.find("r-1").records) == [key_of()]
    assert index_in(room.house) == index_by_records(room.house)
    room.deliver()
    ring("second")
    assert room.house.index.keys(Filters(channel="direct", month="2026-07")) == [key_of()]
    assert index_in(room.house) == index_by_records(room.house)


# Search


@pytest.mark.parametrize(
    "text",
    ["R-1", " r-1 ", "casa:generic:R-1", "CASA:GENERIC", "hm", "HM1", "FS-generic-R-1-1", "fs-generic-r-1-2", "FS-generic"],
)  # fmt: skip
def test_a_booking_is_found_by_what_its_names_begin_with(room: Room, text: str) -> None:
    room.drafted()
    room.house.accounts.add(replace(room.house.accounts.get("casa"), name="b"), "key")
    assert keys(room.house.search.find(text).records) == [key_of()]


@pytest.mark.parametrize(
    "text", ["cas", "casa:", "casa:gen", "casa:generic:", "casa:generic:o", "fs", "fs-", "fs-gen", "FS-generic-"]
)
def test_what_many_begin_with_finds_the_newest_of_them(
    house: Services, clock: FakeClock, take: Take, text: str
) -> None:
    found = []
    for number in range(4):
        clock.go_on(seconds=1)
        found.append(take(f"o{number}", account="casa"))
        clock.go_on(seconds=1)
        take(f"o{number}", account="b")
    expected = found if text.startswith("cas") else house.index.keys()[::-1]
    assert keys(house.search.find(text).records) == expected[::-1]
    some = house.search.find(text, limit=2)
    assert keys(some.records) == expected[:-3:-1]
    assert not some.is_all


def test_a_source_id_that_is_not_plain_is_found_by_its_reference(house: Services, take: Take) -> None:
    key = take("a b:c")
    stem = reference_stem("generic", "a b:c")
    for text in (f"{stem}-1", stem, stem[:-2], "casa:generic:a b:c", "casa:generic:a b:", "a b"):
        assert keys(house.search.find(text).records) == [key], text
    assert house.search.find(f"{stem}x").records == []


@pytest.mark.parametrize("text", ["-1", "R-2", "FS-generic-R-11", "FS-generic-R-1-1x", "generic", "HM12", "", "\0", "R-1\0"])  # fmt: skip
def test_what_no_name_begins_with_finds_nothing(room: Room, text: str) -> None:
    room.drafted()
    assert room.house.search.find(text).records == []


@pytest.mark.parametrize(
    ("name", "texts", "others"),
    [
        ("Ágata Canária", ["agata", "AGA", "can", "canaria á", "Ágata Canária", "cana aga"], ["gata", "ag", "agata x"]),
        ("Rui D'Águeda", ["d'agueda", "dagu", "rui d", "águeda"], ["ag", "d' rua"]),
        ("Anne-Marie Li", ["marie", "annema", "anne-marie", "li", "li anne", "Li A"], ["l", "lisa"]),
        ("Jürgen Strauß", ["jurgen", "STRAUSS", "strauß"], ["juergen"]),
        ("李小龍", ["李小龍", "李小龍 "], ["龍"]),
        ("O\u2019Neil 2nd", ["oneil", "O'Neil", "o neil", "2nd"], ["eil"]),
    ],
)
def test_a_guest_is_found_by_what_the_words_of_the_name_begin_with(
    room: Room, name: str, texts: list[str], others: list[str]
) -> None:
    room.deliver(guest_name=name, ota_reference="X", source_id="Q")
    for text in texts:
        assert keys(room.house.search.find(text).records) == ["casa:generic:Q"], text
    for text in others:
        assert room.house.search.find(text).records == [], text


def test_a_guest_is_found_by_the_newest_name_only(room: Room) -> None:
    room.drafted()
    room.drafted(guest_name="Bento Outro")
    assert room.house.search.find(GUEST).records == []
    assert keys(room.house.search.find("bento").records) == [key_of()]
    room.drafted(guest_name=None)
    assert room.house.search.find("bento").records == []


def test_a_search_keeps_to_the_filters_and_tells_the_newest_first(
    house: Services, clock: FakeClock, take: Take
) -> None:
    found = []
    for number in range(5):
        clock.go_on(seconds=1)
        found.append(take(f"ana{number}", guest_name=GUEST))
        take(f"anb{number}", account="b", ota="airbnb")
    assert keys(house.search.find("ana").records) == found[::-1]
    assert keys(house.search.find("canaria", Filters(account="casa")).records) == found[::-1]
    assert house.search.find("ana", Filters(account="b")).records == []
    newest = house.search.find("agata", limit=2)
    assert (len(newest.records), newest.is_all) == (2, False)
    assert house.search.find("ana", limit=5).is_all


def test_a_search_that_would_open_too_many_names_says_so(
    house: Services, clock: FakeClock, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.search.OPENED", 2)
    monkeypatch.setattr("worker.search.MOST_OPENED", 4)
    old = take(0, guest_name="Marília Longe")
    for number in range(1, 4):
        clock.go_on(seconds=1)
        take(number, guest_name="Mário")
    assert house.search.find("marilia").is_all
    assert keys(house.search.find("marilia").records) == [old]
    clock.go_on(seconds=1)
    take(9, guest_name="Marta")
    assert house.search.find("marilia") == replace(house.search.find("marilia"), records=[], is_all=False)
    assert keys(house.search.find("marilia longe").records) == [old], "the second word narrows it down"


def test_a_name_is_nowhere_in_the_index(room: Room) -> None:
    room.drafted()
    kept = everything(room.house.store)
    assert not [word for word in name_words(GUEST) if word.encode() in kept]
    sets, counts = index_in(room.house)
    filed = json.dumps([sets, counts]) + (room.house.store.hget(f"fs:booking:{key_of()}", "index") or b"").decode()
    assert GUEST not in filed
    assert not [beginning for beginning in searched_beginnings(GUEST) if beginning in filed]


def test_a_guest_is_found_while_the_keys_are_rotated_and_after(
    room: Room, environment: Environment, store: Store, clock: FakeClock
) -> None:
    room.drafted()
    rotating = services(replace(environment, secret_keys=(fresh_key(), *environment.secret_keys)), store, clock=clock)
    assert keys(rotating.search.find("agata").records) == [key_of()]
    Indexing(room.house).go_on()
    Indexing(rotating).go_on()
    found = [code for code in rotating.vault.blinded("aga") if store.exists(f"fs:facet:guest:{code}")]
    assert found == rotating.vault.blinded("aga")[:1], "filed under the newest key alone"
    assert keys(rotating.search.find("agata").records) == [key_of()]
    assert store.lrange("fs:filed", 0, -1) == [key_of().encode()]


# A store that an older version wrote


@pytest.fixture
def older(room: Room, monkeypatch: pytest.MonkeyPatch) -> Room:
    """With eight bookings in several statuses, and none of them in an index."""
    monkeypatch.setattr("worker.indexing.CHUNK", 2)
    monkeypatch.setattr("worker.indexing.MOMENT_SECONDS", 0)  # a chunk at a time
    for number, data in enumerate([{}, {"property_ref": "casa-9"}, {"status": "blocked"}, {"ota": "vrbo"}] * 2, 1):
        room.drafted(number, **data, guest_name=f"{GUEST} {number}")
        room.clock.go_on(seconds=1)
    room.deliver(8, total_guest="7.00")
    forget_the_index(room.house.store)
    return room


def finish(indexing: Indexing) -> None:
    for _ in range(9):
        indexing.go_on()


def test_an_older_store_is_indexed_by_a_worker(older: Room) -> None:
    assert not older.house.index.is_whole
    before = {record.key: as_json(record) for record in older.house.ledger.all(*BookingStatus)}
    assert {record.key: as_json(record) for record in older.house.index.all()} == before, "without the index, as ever"
    indexing = Indexing(older.house)
    indexing.go_on()
    assert len(older.house.index.keys()) == 2
    assert not older.house.index.is_whole
    finish(indexing)
    assert older.house.index.is_whole
    assert index_in(older.house) == index_by_records(older.house)
    assert {record.key: as_json(record) for record in older.house.index.all()} == before
    assert older.house.store.get(TAKEN) is None


def test_what_happens_meanwhile_is_indexed_as_it_became(older: Room) -> None:
    indexing = Indexing(older.house)
    indexing.go_on()
    older.drafted(1, guest_name="Nova Pessoa", check_out="2026-09-09")
    older.house.ledger.requeue(key_of(2), job="asked", now=older.clock())
    older.deliver(99, ota="expedia")
    finish(indexing)
    assert index_in(older.house) == index_by_records(older.house)
    assert keys(older.house.search.find("nova pessoa").records) == [key_of(1)]


def test_a_booking_that_changes_just_as_it_is_filed_stays_filed_as_it_became(
    older: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = older.house.ledger.sealing.open_booking

    def open_slowly(key: str, sealed: bytes) -> Booking:
        booking = opened(key, sealed)
        if key == key_of(4) and booking.channel is not Channel.EXPEDIA:
            older.deliver(4, ota="expedia", guest_name="Nova Pessoa")
        return booking

    monkeypatch.setattr(older.house.ledger.sealing, "open_booking", open_slowly)
    finish(Indexing(older.house))
    monkeypatch.undo()
    assert index_in(older.house) == index_by_records(older.house)


def test_one_worker_at_a_time_indexes_and_another_one_starts_over_for_one_that_died(older: Room) -> None:
    first, second = Indexing(older.house), Indexing(older.house)
    first.go_on()
    second.go_on()
    first.go_on()
    finish(second)
    assert not older.house.index.is_whole
    older.house.store.delete(TAKEN)  # its time is over
    finish(second)
    assert older.house.index.is_whole
    finish(first)
    assert index_in(older.house) == index_by_records(older.house)


def test_a_store_that_is_indexed_is_not_indexed_again(older: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    finish(Indexing(older.house))
    monkeypatch.setattr(Indexing, "_file", lambda *_: pytest.fail("There is nothing to file."))
    finish(Indexing(older.house))


def test_what_a_process_of_the_older_version_took_in_is_indexed_at_the_next_start(older: Room) -> None:
    finish(Indexing(older.house))
    older.drafted(20)
    store: Any = older.house.store
    number = store.hget(record_key(key_of(20)), "number")
    for name in store.keys("fs:facet:*"):  # as if the index had not been told of it
        store.srem(name, number)
    store.zrem("fs:listed", number)
    store.hdel(record_key(key_of(20)), "index", "number")
    finish(Indexing(older.house))
    assert key_of(20) in set(older.house.index.keys())


def test_a_booking_that_cannot_be_opened_is_found_by_its_key_and_hides_no_other(older: Room) -> None:
    older.house.store.hset(f"fs:booking:{key_of(3)}", "booking", b"nonsense")
    finish(Indexing(older.house))
    assert older.house.index.is_whole
    assert set(older.house.index.keys(Filters(account="casa"))) == {key_of(number) for number in range(1, 9)}
