"""Bringing a store under a new secret key: every sealed value, nothing that is written meanwhile, nothing twice."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from redis import Redis

from mapping.delivery import Delivery
from mapping.errors import UserError
from mapping.fetch import ClientCredentials, bearer, client_id_and_secret
from tests.worker.desk import KEY, SOURCE, Desk, answers_with
from tests.worker.indexed import index_by_records, index_in
from tests.worker.room import API_KEY, GUEST, Room, key_of
from worker.connections import vendor_of
from worker.correcting import correct
from worker.guests import erase
from worker.ledger import record_key
from worker.rekeying import _renew, look, rotate
from worker.sealed_places import CHUNK, FIELDS_OF, Place, sealed_under
from worker.services import Services, services
from worker.store import Store
from worker.vault import Vault, fresh_key

WHO = "Rita"
GIVEN = "canary-client:canary-secret"
ROOT = Path(__file__).parents[2]
SEALS = {"seal", "seal_compact"}
TOKEN_BEGUN = (b"gAAAAA", b"\x80\0\0\0\0")  # of every Fernet token until the year 2106, as text and as bytes

Sealed = dict[str, bytes]


def with_keys(house: Services, *keys: str) -> Services:
    """What a process sees that was started with these keys."""
    return services(replace(house.environment, secret_keys=keys), house.store, clock=house.clock)


def old_key(house: Services) -> str:
    return house.environment.secret_keys[0]


def everything_sealed(store: Store) -> Sealed:
    """What looks sealed anywhere in the store, whoever put it there: by where it is."""
    return {where: value for where, value in _values(store) if any(begun in value for begun in TOKEN_BEGUN)}


def _values(store: Store) -> Iterator[tuple[str, bytes]]:
    client: Any = store
    for key in client.scan_iter():
        name, kind = key.decode(), client.type(key)
        if kind == b"string":
            yield name, client.get(key)
        elif kind == b"hash":
            yield from ((f"{name} {field.decode()}", value) for field, value in client.hgetall(key).items())
        elif kind == b"stream":
            yield from ((name, value) for _, pairs in client.xrange(key) for value in pairs.values())
        else:
            read = {b"list": lambda k: client.lrange(k, 0, -1), b"set": client.smembers, b"zset": lambda k: client.zrange(k, 0, -1)}  # fmt: skip
            yield from ((name, value) for value in read[kind](key))


@pytest.fixture
def used(desk: Desk, become: Callable[..., None]) -> Services:
    """A store that went through everything that seals: the house that knows the old key alone."""
    house = desk.room.house
    become(token=ClientCredentials(path="/oauth2/token", scope="bookings", a_day=3), headers=bearer, accept=client_id_and_secret)  # fmt: skip
    desk.vendor.credentials = GIVEN
    house.credentials.set(desk.connection.id, vendor_of("channex"), GIVEN)
    desk.tell(answers_with(booking_id=SOURCE))
    desk.ring()
    desk.turn()
    assert desk.record().status == "drafted"
    desk.room.drafted()
    assert correct(house, key_of(), {"guest_name": "Ágata Corrigida", "guest_tax_id": "", "guest_country": ""}, who=WHO)
    for field, value in (("total_guest", "120"), ("commission", "5"), ("rate", "13")):
        correct(house, key_of(), {field: value}, who=WHO)
    correct(house, key_of(), {"guest_country": "FR", "guest_tax_id": "FR123"}, who=WHO)
    desk.room.to_rest()
    desk.room.drafted(2)
    erase(house, [key_of(2)], who=WHO, even_if_open=True)
    connection = house.connections.get("casa-generic")
    house.intake.take_unreadable(connection, Delivery(body=b"{"), (), now=house.clock())
    return house


def test_every_sealed_value_opens_with_the_new_key_alone_and_none_with_the_old(used: Services) -> None:
    before = everything_sealed(used.store)
    old, new = Vault([old_key(used)]), fresh_key()
    assert {old.opened_by(value) for value in before.values()} == {0}

    tally = rotate(with_keys(used, new, old_key(used)), who=WHO)

    after = everything_sealed(used.store)
    assert after.keys() == before.keys()
    assert {Vault([new]).opened_by(value) for value in after.values()} == {0}
    assert {old.opened_by(value) for value in after.values()} == {None}
    assert (tally.renewed, tally.by_key, tally.closed, tally.part) == (len(before), [0, len(before)], [], 1.0)


def test_the_store_went_through_every_place_that_is_known(used: Services) -> None:
    """Else the test above would prove less than it says."""
    sealed = everything_sealed(used.store)
    for begun, fields in FIELDS_OF.items():
        for field in fields or ("",):
            assert any(where.startswith(begun) and f" {field}" in f"{where} " for where in sealed), (begun, field)


def test_whoever_seals_is_known_to_the_rotation() -> None:
    """A new call of `seal` fails here: add its place to worker/sealed_places.py, and reach it in `used` above."""
    calls = {
        path.relative_to(ROOT).as_posix(): sum(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SEALS
            for node in ast.walk(ast.parse(path.read_text()))
        )
        for room in ("worker", "webhook")
        for path in (ROOT / room).rglob("*.py")
    }
    assert {path: number for path, number in calls.items() if number} == {
        "worker/accounts.py": 1,
        "worker/connections.py": 1,
        "worker/credentials.py": 3,  # credentials, the same renewed, an access token
        "worker/deliveries.py": 2,
        "worker/sealing.py": 4,
    }


def test_everything_reads_as_before_with_the_new_key_alone(used: Services) -> None:
    def told(house: Services) -> object:
        records = house.ledger.many([key_of(), KEY])
        deliveries = [each for record in records for each in house.ledger.deliveries(record.key)]
        return (
            records, house.accounts.api_key("casa"), house.credentials.of("casa-channex"), house.credentials.token("casa-channex"),
            [house.connections.secrets(each.id) for each in house.connections.all()],
            [house.deliveries.content(each) for each in deliveries],
            [house.deliveries.answers(each, SOURCE) for each in deliveries],
        )  # fmt: skip

    before, new = told(used), fresh_key()
    assert GUEST in str(before)
    assert API_KEY in str(before)
    ends_in = cast("Redis", used.store).ttl("fs:access-token:casa-channex")
    rotate(with_keys(used, new, old_key(used)), who=WHO)
    assert told(with_keys(used, new)) == before
    assert 0 < cast("Redis", used.store).ttl("fs:access-token:casa-channex") <= ends_in


def test_names_are_found_at_once_with_the_new_key_alone(used: Services) -> None:
    new = fresh_key()
    rotate(with_keys(used, new, old_key(used)), who=WHO)
    now = with_keys(used, new)
    assert [record.key for record in now.search.find("corrigida").records] == [key_of()]
    assert index_in(now) == index_by_records(now)


def test_a_second_run_finds_nothing_to_do_and_changes_nothing(used: Services) -> None:
    both = with_keys(used, fresh_key(), old_key(used))
    first = rotate(both, who=WHO)
    sealed, acts = everything_sealed(used.store), both.audit.acts()
    second = rotate(both, who=WHO)
    assert (second.renewed, second.by_key) == (0, [first.renewed, 0])
    assert everything_sealed(used.store) == sealed
    assert both.audit.acts() == acts


def test_one_that_was_interrupted_goes_on(used: Services) -> None:
    both = with_keys(used, fresh_key(), old_key(used))
    for number in range(6 * CHUNK):
        used.intake.take_unreadable(
            used.connections.get("casa-generic"), Delivery(body=b"%d" % number), (), now=used.clock()
        )
    whole = len(everything_sealed(used.store))

    def interrupted(_tally: object) -> None:
        if rotated() > 0:
            raise KeyboardInterrupt

    def rotated() -> int:
        return sum(both.vault.opened_by(value) == 0 for value in everything_sealed(used.store).values())

    with pytest.raises(KeyboardInterrupt):
        rotate(both, who=WHO, tell=interrupted)
    done = rotated()
    assert 0 < done < whole
    assert rotate(both, who=WHO).by_key == [done, whole - done]
    assert [act.became["values"] for act in both.audit.acts() if act.what == "keys-rotated"] == [whole - done, done]


def test_it_is_told_in_the_audit_by_fingerprint(used: Services) -> None:
    both = with_keys(used, fresh_key(), old_key(used))
    tally = rotate(both, who=WHO)
    act = both.audit.acts()[0]
    assert (act.who, act.what, act.about) == (WHO, "keys-rotated", "secret keys")
    assert act.became == {"newest": both.vault.fingerprints[0], "values": tally.renewed}


def test_what_was_written_meanwhile_stays(room: Room) -> None:
    """A value that was read, and is another one by the time at which the renewed one is to take its place."""
    room.drafted()
    house = room.house
    both = with_keys(house, fresh_key(), old_key(house))
    keys = [record_key(key_of()), "fs:account:casa", "fs:access-token:casa-generic"]
    house.credentials.keep_token("casa-generic", "token", seconds=60)
    stale = sealed_under(house.store, keys)
    assert len(stale) == 4
    room.drafted(total_guest="212.00")
    house.accounts.change(house.accounts.get("casa"), api_key="another")
    house.credentials.keep_token("casa-generic", "another", seconds=60)
    meanwhile = everything_sealed(house.store)
    assert sorted(map(str, _renew(both, stale))) == sorted(
        [
            f"booking:{key_of()} booking",
            f"booking:{key_of()} trail",
            "account:casa api_key",
            "access-token:casa-generic",
        ]
    )
    assert everything_sealed(house.store) == meanwhile


def test_what_was_overtaken_is_renewed_as_it_is_then(room: Room) -> None:
    """A process that still has the old key alone writes just between: nothing of its is left behind."""
    room.drafted()
    house = room.house
    both = with_keys(house, fresh_key(), old_key(house))
    real, overtakes = both.vault.renewed, iter((True,))

    def overtaking(sealed: bytes) -> bytes:
        if next(overtakes, False):
            room.drafted(total_guest="212.00")
            house.accounts.change(house.accounts.get("casa"), api_key="another")
        return real(sealed)

    both.vault.renewed = overtaking  # type: ignore[method-assign]
    rotate(both, who=WHO)
    new = with_keys(house, both.environment.secret_keys[0])
    (record,) = new.ledger.many([key_of()])
    assert record.booking
    assert str(record.booking.total_guest) == "212.00"
    assert new.accounts.api_key("casa") == "another"
    kept = sealed_under(house.store, [record_key(key_of()), "fs:account:casa"])
    assert [both.vault.opened_by(sealed) for _, sealed in kept] == [0, 0, 0]


def test_what_no_key_opens_is_named_and_left_as_it_is(used: Services) -> None:
    foreign = Vault([fresh_key()]).seal(b"x", about="anything")
    used.store.hset(record_key(key_of()), "trail", foreign)
    used.store.hset("fs:connection:casa-channex", "credentials", b"nonsense")
    tally = rotate(with_keys(used, fresh_key(), old_key(used)), who=WHO)
    assert sorted(map(str, tally.closed)) == [f"booking:{key_of()} trail", "connection:casa-channex credentials"]
    assert used.store.hget(record_key(key_of()), "trail") == foreign
    assert tally.by_key[0] == 0
    assert tally.renewed == tally.by_key[1] > 10


def test_what_others_write_is_not_taken_for_sealed(room: Room) -> None:
    """A guest, or a channel manager, may write what looks like something sealed; so may others in the same store."""
    lookalike = Vault([fresh_key()]).seal(b"x", about="anything").decode()
    room.deliver(1, source_id=lookalike, property_ref=lookalike, guest_name=lookalike)
    room.house.store.set("others:booking:1", lookalike)
    tally = look(room.house)
    assert tally.closed == []
    assert tally.values == 4  # API key, secrets, booking, body


def test_a_dropped_correction_is_no_value(room: Room) -> None:
    room.drafted()
    correct(room.house, key_of(), {"commission": "5"}, who=WHO)
    before = look(room.house).values
    correct(room.house, key_of(), {}, drop=["commission"], who=WHO)
    assert look(room.house).values == before - 1


def test_to_look_changes_nothing(used: Services) -> None:
    before = everything_sealed(used.store)
    tally = look(with_keys(used, fresh_key(), old_key(used)))
    assert (tally.by_key, tally.renewed) == ([0, len(before)], 0)
    assert everything_sealed(used.store) == before


def test_a_moved_value_stays_bound_to_where_it_came_from(room: Room) -> None:
    house = room.house
    house.store.hset("fs:account:other", "api_key", house.store.hget("fs:account:casa", "api_key") or b"")
    new = fresh_key()
    rotate(with_keys(house, new, old_key(house)), who=WHO)
    with pytest.raises(UserError, match="stored for something else"):
        with_keys(house, new).accounts.api_key("other")


def test_places_are_told_without_what_all_keys_begin_with() -> None:
    assert str(Place(key="fs:account:casa", field="api_key")) == "account:casa api_key"
    assert str(Place(key="fs:access-token:casa-channex", field="")) == "access-token:casa-channex"
