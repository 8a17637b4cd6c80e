"""The list as a file for a spreadsheet."""

import csv
import io

import pytest
from flask.testing import FlaskClient

from mapping.reasons import Reason
from tests.console.conftest import Settle, Tell
from tests.console.test_booking import FIGURES
from webhook.console.export import AT_ONCE, COLUMNS
from worker.records import BookingStatus, DocumentLink, Trail
from worker.services import Services
from worker.views import as_json


def exported(client: FlaskClient, query: str = "", language: str = "en") -> list[dict[str, str]]:
    answer = client.get(f"/bookings.csv{query}", headers={"Accept-Language": language})
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    file = io.StringIO(answer.data.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(file, delimiter=";" if language == "pt" else ","))


def test_a_line_has_what_the_command_line_tells_of_a_booking(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle
) -> None:
    key = tell("R-1", guest_name='João "Jo", Ninguém')
    settle(key, BookingStatus.DRAFTED, figures=FIGURES)
    house.ledger.write_trail(key, Trail(document=DocumentLink(id=77, state="draft", url="https://casa.example/77")))
    (row,) = exported(user)
    told = as_json(house.ledger.known(key))
    document = told.pop("document")
    told |= {f"document_{name}": value for name, value in document.items()}
    assert set(row) == set(told) == set(COLUMNS)
    told["warnings"] = ""
    assert row == {name: "" if value is None else str(value) for name, value in told.items()}
    (row,) = exported(user, language="pt")
    assert (row["amount"], row["guest"]) == ("345,21", 'João "Jo", Ninguém')


def test_it_has_what_the_filters_leave(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    settle(tell("R-1"), BookingStatus.PARKED, Reason.NO_PRICE)
    tell("R-2", ota="direct", guest_name="Rita Salgueiro")
    assert [row["source_id"] for row in exported(user, "?status=parked")] == ["R-1"]
    assert [row["source_id"] for row in exported(user, "?channel=direct")] == ["R-2"]
    assert [row["source_id"] for row in exported(user, "?q=rita")] == ["R-2"]
    assert 'href="/bookings.csv?status=parked&amp;q=rita"' in user.get("/bookings?status=parked&q=rita").text


@pytest.mark.parametrize("name", ["=1+1", "+351 Silva", "-Silva", "@SUM(A1)", "  =1+1"])
def test_no_name_is_a_formula(user: FlaskClient, tell: Tell, name: str) -> None:
    tell("R-1", guest_name=name)
    assert exported(user)[0]["guest"].startswith("'")


def test_a_long_list_is_whole(user: FlaskClient, tell: Tell) -> None:
    for number in range(AT_ONCE + 1):
        tell(f"R-{number}")
    assert len({row["booking"] for row in exported(user)}) == AT_ONCE + 1


def test_it_is_for_who_is_logged_in(visitor: FlaskClient) -> None:
    assert visitor.get("/bookings.csv").status_code == 303
