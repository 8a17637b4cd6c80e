"""Clients: what is valid, and which stored client a document means (reference 6, 13.10-13.12)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from worker.sandbox.accounts import Account
from worker.sandbox.answers import Refused, refuse
from worker.sandbox.countries import COUNTRIES
from worker.sandbox.fields import read_text
from worker.sandbox.records import Client
from worker.sandbox.switches import Settings
from worker.sandbox.texts import (
    CLIENT_INVALID,
    CLIENT_NOT_FOUND,
    CODE_TAKEN,
    COUNTRY_NOT_FOUND,
    EMAIL,
    FISCAL_INVALID,
    LANGUAGE,
    NAME_BLANK,
    NAME_TAKEN,
    NAME_TOO_LONG,
    SEND_OPTIONS,
)

_DETAILS = ("email", "address", "city", "postal_code", "website", "phone", "fax")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FINAL_CONSUMER = "Consumidor Final"


def is_nif(text: str) -> bool:
    """Whether a text is a Portuguese NIF: nine digits, the last a check digit (reference 6.2)."""
    if not re.fullmatch(r"[0-9]{9}", text):
        return False
    remainder = sum(int(digit) * weight for digit, weight in zip(text, range(9, 1, -1), strict=False)) % 11
    return int(text[8]) == (0 if remainder < 2 else 11 - remainder)


def has_false_nif(client: Client) -> bool:
    """Whether a client of Portugal, which is also a client of no country, has a false NIF (13.12)."""
    return bool(client.fiscal_id) and client.country in {None, "Portugal"} and not is_nif(str(client.fiscal_id))


def read_client(given: Mapping[str, Any], settings: Settings, client_id: int) -> Client:
    """The client that a body describes; 422 where it is not valid. Unknown attributes are passed over."""
    name = read_text(given, "name", settings, most=None)
    if not name:
        raise refuse(NAME_BLANK)
    if len(name) > 100:
        raise refuse(NAME_TOO_LONG)
    country = read_text(given, "country", settings)
    if country and country not in COUNTRIES:
        raise refuse(COUNTRY_NOT_FOUND.about(country), CLIENT_INVALID)
    code = given.get("code")
    fields = {"code": str(code)} if isinstance(code, int) else given
    return Client(
        id=client_id,
        name=name,
        code=read_text(fields, "code", settings),
        country=country,
        fiscal_id=read_text(given, "fiscal_id", settings),
        details=_read_details(given, settings),
    )


def _read_details(given: Mapping[str, Any], settings: Settings) -> dict[str, object]:
    details: dict[str, object] = {field: read_text(given, field, settings) for field in _DETAILS}
    details["observations"] = read_text(given, "observations", settings, most=None)
    details |= {key: given.get(key) for key in ("language", "send_options", "preferred_contact", "payment_days")}
    if details["email"] and not _EMAIL.fullmatch(str(details["email"])):
        raise refuse(EMAIL)
    if details["language"] not in (None, "", "pt", "en", "es"):
        raise refuse(LANGUAGE)
    if str(details["send_options"] or "1") not in {"1", "2", "3"}:
        raise refuse(SEND_OPTIONS)
    return {key: value for key, value in details.items() if value not in (None, "")}


def store_client(account: Account, client: Client, settings: Settings) -> Client:
    """Keep a new or changed client; 422 for a name or code that another has, or a false NIF (13.11, 13.12)."""
    others = [other for other in account.clients.values() if other.id != client.id]
    if settings["unique_client_names"] and any(other.name == client.name for other in others):
        raise refuse(NAME_TAKEN)
    if client.code and any(other.code == client.code for other in others):
        raise refuse(CODE_TAKEN)
    if has_false_nif(client):
        raise refuse(CLIENT_INVALID, FISCAL_INVALID)
    account.clients[client.id] = client
    return client


def find_client(account: Account, *, code: str | None = None, name: str | None = None) -> Client | None:
    """The first client with exactly this code or name."""
    for client in account.clients.values():
        if (code is not None and client.code == code) or (name is not None and client.name == name):
            return client
    return None


def client_of_document(account: Account, given: Mapping[str, Any], settings: Settings) -> Client:
    """The stored client that a document names, made where there is none (13.10).

    A client that is found keeps its stored data. One with a false NIF spoils every document of it (13.12).
    """
    client = _stored(account, given, settings) or read_client(given, settings, next(account.numbers.clients))
    if has_false_nif(client):
        if settings["bad_nif"] == "refuse":
            raise refuse(CLIENT_INVALID, FISCAL_INVALID)
        client = find_client(account, name=_FINAL_CONSUMER) or Client(
            id=next(account.numbers.clients), name=_FINAL_CONSUMER
        )
    account.clients[client.id] = client
    return client


def _stored(account: Account, given: Mapping[str, Any], settings: Settings) -> Client | None:
    if given.get("id") is not None:
        client = account.clients.get(int(given["id"])) if str(given["id"]).isdecimal() else None
        if client is None:
            raise Refused(404, CLIENT_NOT_FOUND, shape="list")
        return client
    code, name = str(given.get("code") or "") or None, given.get("name")
    by_code = find_client(account, code=code)
    by_name = find_client(account, name=name) if isinstance(name, str) else None
    if by_code and by_code.name == name:
        return by_code
    if code is None or by_name is None:
        return by_code or by_name
    match settings["client_conflict"]:
        case "code":
            return by_code
        case "name":
            return by_name
        case _:
            raise refuse(NAME_TAKEN)


def updated_client(client: Client, given: Mapping[str, Any], settings: Settings) -> Client:
    """A client after a PUT: the name is required, what is not sent stays (13.27)."""
    new = read_client({"country": client.country, **given}, settings, client.id)
    return replace(
        new,
        code=new.code if "code" in given else client.code,
        fiscal_id=new.fiscal_id if "fiscal_id" in given else client.fiscal_id,
        details={**client.details, **new.details},
    )


def show_client(client: Client, *, whole: bool) -> dict[str, object]:
    """A client in an answer; only GET and find show it `whole` (15.10)."""
    shown: dict[str, object] = {"id": client.id, "name": client.name, "code": client.code}
    keys = ("language", *_DETAILS, "preferred_contact", "observations", "send_options")
    shown |= {key: client.details.get(key) for key in keys}
    shown["fiscal_id"] = client.fiscal_id
    if client.country:
        shown["country"] = client.country
    if whole:
        shown |= {"payment_days": client.details.get("payment_days", "0"), "tax_exemption_code": "M00"}
    return shown
