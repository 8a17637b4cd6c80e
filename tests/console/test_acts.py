"""Who did what, in the console: found by what it is about, and page by page."""

import re

from flask.testing import FlaskClient

from tests.console.visits import NAME, parts_of
from tests.processes import ROOT
from webhook.console.acts import PAGE_LENGTH, WORDS
from worker.audit import CHANGED
from worker.services import Services

PAGE = "/settings/audit"


def test_who_did_what_is_told_with_what_it_was_and_became(user: FlaskClient, house: Services) -> None:
    was, became = {"basis": "net", "listings": []}, {"basis": "gross", "listings": ["smoobu:7"], "api_key": CHANGED}
    house.audit.write(NAME, "account-set", "casa", was=was, became=became)
    text = parts_of(user, PAGE)
    for told in (NAME, "account changed", "casa", "basis net → gross", "listings smoobu:7", "api_key changed"):
        assert told in text


def test_only_what_is_about_one_thing_is_told_where_that_is_asked(user: FlaskClient, house: Services) -> None:
    house.audit.write("Ana", "account-set", "casa")
    house.audit.write("Rui", "account-set", "quinta")
    assert "Ana" in parts_of(user, f"{PAGE}?about=casa")
    assert "Rui" not in parts_of(user, f"{PAGE}?about=casa")
    assert "Nothing was done about that." in parts_of(user, f"{PAGE}?about=monte")


def test_older_acts_are_on_the_next_page(user: FlaskClient, house: Services) -> None:
    for number in range(PAGE_LENGTH + 1):
        house.audit.write("Ana", "retry", f"booking {number}.")
    assert "booking 0." not in parts_of(user, PAGE)
    assert "booking 0." in parts_of(user, f"{PAGE}?page=2")
    assert parts_of(user, f"{PAGE}?page=no") == parts_of(user, PAGE)


def test_each_kind_of_act_has_a_word() -> None:
    written = re.compile(r'audit\.write\(\s*who,\s*"([a-z-]+)"')
    kinds = {kind for path in (ROOT / "worker").rglob("*.py") for kind in written.findall(path.read_text())}
    assert kinds == set(WORDS)


def test_a_name_is_shown_as_text(user: FlaskClient, house: Services) -> None:
    house.audit.write("<script>alert(1)</script>", "retry", "<img src=x>")
    assert "<script>alert" not in user.get(PAGE).text
    assert "<img src=x>" not in user.get(PAGE).text
