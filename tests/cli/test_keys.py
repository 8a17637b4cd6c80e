"""`faturasync keys`: told by fingerprints and counts, never by a key; refused while a process has other keys."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import BODIES, KEY, Run
from worker.embedded import EmbeddedStore
from worker.intake import Taken
from worker.presence import Presence
from worker.services import Services
from worker.store import Store
from worker.vault import Vault, fresh_key

Fails = Callable[..., str]

NEW = fresh_key()


@pytest.fixture
def kept(run: Run, casa: str, receive: Callable[..., Taken]) -> int:
    """How many sealed values there are: an API key, secrets, a body, a booking."""
    run("connection", "add", casa, "smoobu")
    receive("casa-smoobu", BODIES["smoobu/created-direct"])
    return 4


@pytest.fixture
def both(variables: dict[str, str]) -> str:
    """The variable with a new key in front."""
    return f"{NEW},{variables['FATURASYNC_SECRET_KEYS']}"


def fingerprint(key: str) -> str:
    return Vault([key]).fingerprints[0]


def test_rotate_tells_what_it_did(run: Run, kept: int, both: str) -> None:
    told = f"{kept} values were encrypted anew with {fingerprint(NEW)}, 0 had been already, 0 could not be opened.\n"
    assert run("keys", "rotate", FATURASYNC_SECRET_KEYS=both).out == told
    told = f"0 values were encrypted anew with {fingerprint(NEW)}, {kept} had been already, 0 could not be opened.\n"
    assert run("keys", "rotate", FATURASYNC_SECRET_KEYS=both).out == told
    run("account", "check", "casa", FATURASYNC_SECRET_KEYS=NEW)
    assert run("keys", "check", FATURASYNC_SECRET_KEYS=NEW).out.splitlines()[-1] == f"{kept} values, nothing to do."


def test_check_tells_which_key_can_be_taken_out(run: Run, kept: int, both: str) -> None:
    before = run("keys", "check", FATURASYNC_SECRET_KEYS=both).out.splitlines()
    assert [line.split()[0] for line in before[:3]] == ["key", "1", "2"]
    assert before[2].split()[2:] == [str(kept), "needed"]
    assert before[3] == "Run faturasync keys rotate, then older keys can be taken out."
    run("keys", "rotate", FATURASYNC_SECRET_KEYS=both)
    after = run("keys", "check", FATURASYNC_SECRET_KEYS=both).out.splitlines()
    assert after[1].split()[2:] == [str(kept), "newest"]
    assert after[2].split()[2:] == ["0", "can", "be", "taken", "out"]
    assert after[3] == "Keep what you take out for as long as you keep backups from before: they need it."


def test_check_for_scripts(run: Run, kept: int, both: str, variables: dict[str, str]) -> None:
    old = fingerprint(variables["FATURASYNC_SECRET_KEYS"])
    assert run("keys", "check", "--json", FATURASYNC_SECRET_KEYS=both).json == {
        "keys": [
            {"position": 1, "fingerprint": fingerprint(NEW), "opens": 0, "can_be_taken_out": False},
            {"position": 2, "fingerprint": old, "opens": kept, "can_be_taken_out": False},
        ],
        "not_opened": [],
        "processes": [],
    }
    run("keys", "rotate", FATURASYNC_SECRET_KEYS=both)
    found = run("keys", "check", "--json", FATURASYNC_SECRET_KEYS=both).json["keys"]
    assert [(each["opens"], each["can_be_taken_out"]) for each in found] == [(kept, False), (0, True)]


def test_no_key_is_ever_printed_but_a_fresh_one(run: Run, kept: int, both: str) -> None:
    said = [
        run("keys", *words, FATURASYNC_SECRET_KEYS=both) for words in (("check",), ("check", "--json"), ("rotate",))
    ]
    for key in both.split(","):
        assert not [each for each in said if key in each.out + each.err]


def test_what_no_key_opens_is_named(run: Run, kept: int, variables: dict[str, str]) -> None:
    assert kept
    for words in (("check",), ("rotate",)):
        said = run("keys", *words, code=1, FATURASYNC_SECRET_KEYS=NEW)
        lines = said.err.splitlines()
        assert len(lines) == kept + 1
        assert "Not opened: account:casa api_key" in lines
        assert lines[-1] == (
            "Error: No key opens what is named above: put the one that sealed it back, behind the others, or set it again."
        )
    assert said.out.endswith(f"0 had been already, {kept} could not be opened.\n")
    assert (
        "account:casa api_key" in run("keys", "check", "--json", code=1, FATURASYNC_SECRET_KEYS=NEW).json["not_opened"]
    )


@pytest.mark.parametrize("kind", ["worker", "receiver", "console"])
@pytest.mark.usefixtures("kept")
def test_rotate_waits_until_every_process_has_the_new_key(
    run: Run, fails: Fails, house: Services, both: str, kind: str
) -> None:
    presence = Presence(house.store, house.vault.fingerprints, kind)
    presence.say()
    said = fails("keys", "rotate", FATURASYNC_SECRET_KEYS=both)
    assert said.startswith(f"The {kind} {socket.gethostname()} "), said
    assert said.endswith(
        f" seals with the key {house.vault.fingerprints[0]}, and this command with {fingerprint(NEW)}: give all processes "
        "the same FATURASYNC_SECRET_KEYS, newest first, restart them, then rotate."
    )
    found = run("keys", "check", "--json", FATURASYNC_SECRET_KEYS=both).json
    assert found["keys"][1]["opens"] == 4
    assert [each["fingerprints"] for each in found["processes"]] == [list(house.vault.fingerprints)]
    told = f"does not have the key {fingerprint(NEW)}: give it all keys and restart it."
    assert told in run("keys", "check", FATURASYNC_SECRET_KEYS=both).out
    presence.end()
    run("keys", "rotate", FATURASYNC_SECRET_KEYS=both)


def test_rotate_is_refused_where_the_new_key_is_not_in_front(fails: Fails, store: Store, kept: int, both: str) -> None:
    """It is refused as well to who has the keys in another order, or an old terminal."""
    assert kept
    Presence(store, Vault(both.split(",")).fingerprints, "receiver").say()
    assert "give all processes the same" in fails("keys", "rotate")


def test_a_key_is_not_taken_out_while_a_process_seals_with_it(run: Run, house: Services, kept: int, both: str) -> None:
    assert kept
    run("keys", "rotate", FATURASYNC_SECRET_KEYS=both)
    Presence(house.store, house.vault.fingerprints, "receiver").say()
    found = run("keys", "check", "--json", FATURASYNC_SECRET_KEYS=both).json["keys"]
    assert [each["can_be_taken_out"] for each in found] == [False, False]


def test_check_tells_whether_all_have_the_new_key_before_it_comes_to_the_front(
    run: Run, store: Store, both: str
) -> None:
    new, old = both.split(",")
    behind = {"FATURASYNC_SECRET_KEYS": f"{old},{new}"}
    receiver = Presence(store, Vault([old, new]).fingerprints, "receiver")
    receiver.say()
    assert "The receiver" not in run("keys", "check", **behind).out
    told = f"seals with the key {fingerprint(old)}: give it the keys in this order and restart it."
    assert told in run("keys", "check", FATURASYNC_SECRET_KEYS=both).out


def test_new_prints_a_key_and_what_to_do(run: Run, tmp_path: Path) -> None:
    said = run("keys", "new")
    assert Vault([said.out.strip()]).fingerprints
    assert said.out != run("keys", "new").out
    assert "In FATURASYNC_SECRET_KEYS of every receiver, worker and console" in said.err
    said = run("keys", "new", REDIS_URL="", FATURASYNC_SECRET_KEYS="")
    assert "faturasync keys rotate --new" in said.err
    assert str(tmp_path / ".local/share/faturasync/secret-key") in said.err
    assert not (tmp_path / ".local").exists()


def test_a_new_key_is_refused_where_variables_have_them(fails: Fails) -> None:
    told = "FATURASYNC_SECRET_KEYS has the keys here: put a new one in front there. See: faturasync keys new"
    assert fails("keys", "rotate", "--new") == told
    assert fails("keys", "rotate", "--new", REDIS_URL="") == told


@pytest.fixture
def embedded(run: Run, tmp_path: Path) -> dict[str, str]:
    """The variables of an embedded set-up with an account in it."""
    found = {"REDIS_URL": "", "FATURASYNC_SECRET_KEYS": "", "FATURASYNC_DATA": str(tmp_path / "data")}
    run("account", "add", "casa", "--subdomain", "casa", given=KEY, **found)
    return found


def test_an_embedded_set_up_gets_its_new_key_into_its_file(run: Run, embedded: dict[str, str]) -> None:
    file = Path(embedded["FATURASYNC_DATA"]) / "secret-key"
    old = file.read_text().strip()
    (file.parent / "secret-key.new").write_text("left by one that was killed")
    said = run("keys", "rotate", "--new", **embedded)
    new, behind = file.read_text().splitlines()
    assert (
        said.out
        == f"1 values were encrypted anew with {fingerprint(new)}, 0 had been already, 0 could not be opened.\n"
    )
    assert (behind, file.stat().st_mode & 0o777) == (old, 0o600)
    assert {each.name for each in file.parent.glob("secret-key*")} == {"secret-key"}
    file.write_text(f"{new}\n")
    run("account", "check", "casa", **embedded)


def test_an_embedded_set_up_that_runs_is_not_given_a_key_that_it_does_not_know(
    run: Run, fails: Fails, embedded: dict[str, str]
) -> None:
    folder = Path(embedded["FATURASYNC_DATA"])
    before = (folder / "secret-key").read_text()
    with EmbeddedStore(folder):
        assert fails("keys", "rotate", "--new", **embedded) == (
            "Stop `faturasync up` first: what runs would not know the new key. Then run this, and start it again."
        )
        assert (folder / "secret-key").read_text() == before
        (folder / "secret-key").write_text(f"{NEW},{before}")  # started again with both
        run("keys", "rotate", **embedded)
    (folder / "secret-key").write_text(NEW)
    run("account", "check", "casa", **embedded)
