from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from mapping.channel_managers import channel_managers
from tests.cli.conftest import BODIES, Run
from tests.samples import DELIVERIES
from worker.intake import Taken
from worker.services import Services

Fails = Callable[..., str]
Receive = Callable[..., Taken]

BASE = "http://127.0.0.1:8000/webhooks"


def token(url: str) -> str:
    return url.rpartition("/")[2]


@pytest.mark.parametrize("name", channel_managers())
def test_a_new_connection_is_shown_once(run: Run, casa: str, house: Services, name: str) -> None:
    made = run("connection", "add", casa, name, "--json").json
    assert list(made) == ["connection", "url", "secret"]
    assert made["connection"] == f"casa-{name}"
    assert made["url"].startswith(f"{BASE}/{name}/")
    assert len(token(made["url"])) >= 32
    found = house.connections.read(token(made["url"]))
    assert found
    assert found.connection.id == made["connection"]
    scheme = channel_managers()[name].scheme
    assert bool(made["secret"]) == scheme.secret_is_ours
    assert not made["secret"] or scheme.accept(made["secret"]) == made["secret"]
    assert found.secrets == ([made["secret"]] if scheme.secret_is_ours else [])
    later = run("connection", "list").out + run("connection", "list", "--json").out
    assert token(made["url"]) not in later
    assert not made["secret"] or made["secret"] not in later


def test_for_people_it_is_told_in_lines(run: Run, casa: str) -> None:
    lines = run("connection", "add", casa, "generic").out.splitlines()
    assert [line.split()[0] for line in lines] == ["Connection", "Webhook", "Secret", "Keep"]


def test_the_public_url_is_where_the_outside_comes_in(run: Run, casa: str) -> None:
    made = run("connection", "add", casa, "smoobu", "--json", FATURASYNC_PUBLIC_URL="https://hooks.example.pt/in/").json
    assert made["url"].startswith("https://hooks.example.pt/in/webhooks/smoobu/")


def test_lodgify_without_a_secret_says_what_to_do(run: Run, casa: str, tmp_path: Path, house: Services) -> None:
    said = run("connection", "add", casa, "lodgify").out
    hint = "faturasync connection rotate casa-lodgify --secret-file FILE"
    assert said.splitlines()[-1] == (
        f"Lodgify makes the secret when you give it this URL. Until you bring it here, deliveries are refused: {hint}"
    )
    (tmp_path / "secret").write_text("from-lodgify\n")
    said = run("connection", "rotate", "casa-lodgify", "--secret-file", str(tmp_path / "secret")).out
    assert hint not in said
    assert "from-lodgify" not in said
    assert house.connections.secrets("casa-lodgify") == ["from-lodgify"]


def test_a_secret_comes_from_a_file_or_standard_input(run: Run, casa: str, house: Services, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("login:password\n")
    made = run("connection", "add", casa, "hostaway", "--secret-file", str(tmp_path / "secret"), "--json").json
    assert made["secret"] is None
    assert house.connections.secrets("casa-hostaway") == ["login:password"]
    run("connection", "add", casa, "lodgify", "--secret-file", "-", given="new\nold\n")
    assert house.connections.secrets("casa-lodgify") == ["new", "old"]


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("smoobu", "canary", "This channel manager does not sign"),
        ("lodgify", "two words", "The secret must be one word on one line."),
        ("hostaway", "no-colon", "The secret must be one line, login:password"),
        ("hostaway", ":canary", "The secret must be one line, login:password"),
        ("generic", "whsec_short", "The secret must be whsec_ followed by base64"),
        ("lodgify", "", "Secret: nothing was given."),
        ("lodgify", b"\xff", "Secret: what was given is not UTF-8."),
    ],
)
@pytest.mark.usefixtures("casa")
def test_a_secret_that_cannot_be_one_is_refused(
    fails: Fails, house: Services, name: str, given: str | bytes, sentence: str
) -> None:
    said = fails("connection", "add", "casa", name, "--secret-file", "-", given=given)
    assert said.startswith(sentence)
    assert not isinstance(given, str) or not given or given not in said
    assert not house.connections.all()


def test_an_unknown_channel_manager_is_told_the_known_ones(fails: Fails, casa: str) -> None:
    assert fails("connection", "add", casa, "nobody") == (
        f"There is no channel manager nobody. Known are: {', '.join(channel_managers())}."
    )


def test_a_missing_secret_file_is_named(fails: Fails, casa: str) -> None:
    sentence = "The file no/file cannot be read (No such file or directory)."
    assert fails("connection", "add", casa, "lodgify", "--secret-file", "no/file") == sentence


def test_connections_are_listed(run: Run, casa: str) -> None:
    assert run("connection", "list").out == "No connections yet. See: faturasync connection add -h\n"
    for _ in range(2):
        run("connection", "add", casa, "smoobu")
    found = run("connection", "list", "--json").json
    assert [each["connection"] for each in found] == ["casa-smoobu", "casa-smoobu-2"]
    assert list(found[0]) == [
        "connection", "account", "channel_manager", "created_at", "last_delivery_at", "valid_urls", "valid_secrets",
    ]  # fmt: skip
    assert datetime.fromisoformat(found[0]["created_at"]).utcoffset() is not None
    assert found[0]["last_delivery_at"] is None
    assert "casa-smoobu-2" in run("connection", "list").out


def test_rotate_gives_a_new_secret_beside_the_old_one(run: Run, casa: str, house: Services) -> None:
    first = run("connection", "add", casa, "generic", "--json").json
    second = run("connection", "rotate", "casa-generic", "--json").json
    assert second["url"] is None
    assert house.connections.secrets("casa-generic") == [second["secret"], first["secret"]]
    third = run("connection", "rotate", "casa-generic", "--drop-old", "--json").json
    assert house.connections.secrets("casa-generic") == [third["secret"]]


def test_that_old_and_new_are_valid_is_listed_until_the_old_are_dropped(run: Run, casa: str, house: Services) -> None:
    first = run("connection", "add", casa, "generic", "--json").json
    assert "end the old" not in run("connection", "list").out
    second = run("connection", "rotate", "casa-generic", "--url", "--json").json
    (found,) = run("connection", "list", "--json").json
    assert (found["valid_urls"], found["valid_secrets"]) == (2, 2)
    assert "2 URLs, 2 secrets" in run("connection", "list").out
    hint = "Once deliveries come with the new one, end the old: faturasync connection drop-old CONNECTION"
    assert run("connection", "list").out.splitlines()[-1] == hint
    run("connection", "drop-old", "casa-generic")
    assert house.connections.secrets("casa-generic") == [second["secret"]]
    assert [bool(house.connections.read(token(each["url"]))) for each in (first, second)] == [False, True]
    (found,) = run("connection", "list", "--json").json
    assert (found["valid_urls"], found["valid_secrets"]) == (1, 1)
    assert "end the old" not in run("connection", "list").out


def test_a_vendors_new_secret_proves_beside_the_old_until_that_is_dropped(run: Run, casa: str, house: Services) -> None:
    run("connection", "add", casa, "lodgify", "--secret-file", "-", given="old")
    run("connection", "rotate", "casa-lodgify", "--secret-file", "-", given="new")
    assert house.connections.secrets("casa-lodgify") == ["new", "old"]
    run("connection", "drop-old", "casa-lodgify")
    assert house.connections.secrets("casa-lodgify") == ["new"]


def test_dropping_is_refused_where_there_is_no_connection(fails: Fails) -> None:
    assert fails("connection", "drop-old", "casa-x") == "There is no connection casa-x. See: faturasync connection list"


def test_rotate_gives_a_new_url_where_nothing_is_signed(run: Run, casa: str, house: Services) -> None:
    urls = [run("connection", "add", casa, "smoobu", "--json").json["url"]]
    urls += [
        run("connection", "rotate", "casa-smoobu", *words, "--json").json["url"] for words in ((), ("--drop-old",))
    ]
    assert len(set(urls)) == 3
    assert [bool(house.connections.read(token(url))) for url in urls] == [False, False, True]


def test_rotate_without_anything_new_says_what_to_give(fails: Fails, run: Run, casa: str) -> None:
    run("connection", "add", casa, "lodgify")
    assert fails("connection", "rotate", "casa-lodgify") == (
        "Lodgify makes the secret: bring it here with --secret-file FILE, or ask for a new URL with --url."
    )
    assert run("connection", "rotate", "casa-lodgify", "--url", "--json").json["url"].startswith(f"{BASE}/lodgify/")


def test_a_removed_connection_has_no_url_any_more(run: Run, fails: Fails, casa: str, house: Services) -> None:
    url = run("connection", "add", casa, "smoobu", "--json").json["url"]
    assert run("connection", "remove", "casa-smoobu").out == "Removed casa-smoobu.\n"
    assert house.connections.read(token(url)) is None


@pytest.mark.parametrize(
    "words", [("connection", "rotate", "no"), ("connection", "remove", "no"), ("preview", "-", "--connection", "no"),
              ("deliver", "-", "--connection", "no")],
)  # fmt: skip
def test_an_unknown_connection_is_named(fails: Fails, words: tuple[str, ...]) -> None:
    assert fails(*words) == "There is no connection no. See: faturasync connection list"


def test_credentials_are_given_with_a_new_connection_and_never_shown(
    run: Run, casa: str, house: Services, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("key-of-channex\n")
    said = run("connection", "add", casa, "channex", "--credentials-file", str(tmp_path / "key"))
    assert house.credentials.of("casa-channex") == "key-of-channex"
    said_later = run("connection", "list", "--json").out
    assert "key-of-channex" not in said.out + said_later
    assert "--credentials-file" not in said.out


def test_without_credentials_it_is_said_how_to_give_them(run: Run, casa: str) -> None:
    said = run("connection", "add", casa, "channex").out
    assert said.splitlines()[-1] == (
        "Channex only says which booking changed. Until you bring what it is to be asked with, bookings are parked: "
        "faturasync connection set casa-channex --credentials-file FILE"
    )


def test_new_credentials_let_the_bookings_go_on_that_waited_for_them(
    run: Run, casa: str, house: Services, receive: Receive, work: Callable[[], None]
) -> None:
    run("connection", "add", casa, "channex")
    (booking,) = receive("casa-channex", BODIES["channex/created-booking"]).bookings
    work()
    shown = run("show", booking)
    assert "parked (no-credentials)" in shown.out
    assert "not fetched yet" in shown.out
    assert "not fetched yet" in run("bookings").out
    said = run("connection", "set", "casa-channex", given="key-of-channex").out
    assert said == "Set casa-channex. 1 bookings are tried again.\n"
    record = house.ledger.get(booking)
    assert record
    assert record.status == "queued"


def test_what_cannot_be_credentials_is_refused_before_there_is_a_connection(
    run: Run, fails: Fails, casa: str, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("two words")
    file = ("--credentials-file", str(tmp_path / "key"))
    assert fails("connection", "add", casa, "channex", *file) == (
        "The credentials must be the API key: one word on one line."
    )
    assert fails("connection", "add", casa, "smoobu", *file) == (
        "Smoobu sends whole bookings and is never asked: leave the credentials out."
    )
    assert run("connection", "list", "--json").json == []


def test_a_body_that_only_names_a_booking_has_no_preview(fails: Fails, run: Run, casa: str) -> None:
    run("connection", "add", casa, "channex")
    body = str(DELIVERIES / "channex" / "created-booking" / "body.json")
    assert fails("preview", body, "--connection", "casa-channex").startswith(
        "The body only says that a booking changed"
    )
