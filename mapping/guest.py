"""Whom a draft is for: the guest by name, with country and tax number, or nobody in particular.

Nothing else of a guest goes to InvoiceXpress: a consumer's name is enough, the tax number where it was asked for (CIVA
art. 36 no. 16; reference portuguese-invoicing.md 1.9). An e-mail address is no part of a document, and channels'
addresses are relays that end with the stay.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from mapping.booking import Booking
from mapping.countries import COUNTRY_NAMES, iso_country
from mapping.draft_warnings import DraftWarning, WarningSlug
from mapping.reasons import Reason
from mapping.settings import MissingGuest
from mapping.tax_numbers import Doubt, TaxNumber, tax_number
from mapping.wording import NAME_LENGTH, printable, shortened

FINAL_CONSUMER_NAME = "Consumidor final"

PLACEHOLDER_WORDS = frozenset(
    {
        "airbnb",
        "booking",
        "bookingcom",
        "com",
        "expedia",
        "vrbo",
        "homeaway",
        "agoda",
        "tripadvisor",
        "hotels",
        "abritel",
    }
    | {"smoobu", "lodgify", "hostaway", "guesty", "beds24", "hospitable", "uplisting", "channel", "manager", "ical"}
    | {
        "guest",
        "guests",
        "hospede",
        "hospedes",
        "huesped",
        "huespedes",
        "gast",
        "gaste",
        "voyageur",
        "invite",
        "ospite",
    }
    | {"traveler", "traveller", "customer", "client", "cliente", "kunde", "user", "utilizador", "consumidor", "final"}
    | {
        "reserved",
        "reservation",
        "reserva",
        "reservado",
        "reservada",
        "reserve",
        "reserviert",
        "prenotazione",
        "prenotato",
    }
    | {
        "blocked",
        "bloqueado",
        "closed",
        "fechado",
        "available",
        "not",
        "unavailable",
        "indisponivel",
        "private",
        "privado",
    }
    | {"unknown", "unnamed", "anonymous", "desconhecido", "anonimo", "no", "name", "sem", "nome", "null", "none", "nil"}
    | {"undefined", "n", "a", "na", "test", "teste", "tbd", "tba", "confirmed", "confirmado", "pending", "hidden"}
)
"""Words that channels, calendars and channel managers write where a name should be. A name made of nothing else is none;
one of them beside a real name (Christopher Guest) is a name."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """The client of a draft. `country` is InvoiceXpress's name of it."""

    name: str
    country: str | None = None
    tax_number: str | None = None
    is_anonymous: bool = False  # Consumidor final
    warnings: tuple[DraftWarning, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UnclearClient:
    """Why a person must say who the client is."""

    reason: Reason
    facts: Mapping[str, str] = field(default_factory=dict)


def client_of(booking: Booking, missing_guest: MissingGuest) -> Client | UnclearClient:
    """The client of the booking's draft; `missing_guest` says who it is where the guest has no name.

    A tax number that is not valid is left off with a warning. Whoever gives one wants a document of their own, so it
    never goes to a final consumer.
    """
    number = tax_number(booking)
    if number is Doubt.WITHOUT_COUNTRY:
        return _countryless("the channel manager did not say which")
    warnings = (DraftWarning(slug=WarningSlug.TAX_NUMBER),) if number is Doubt.INVALID else ()
    name = client_name(booking)
    if not name:
        if missing_guest is MissingGuest.PARK or isinstance(number, TaxNumber):
            return UnclearClient(reason=Reason.NO_GUEST_NAME)
        return Client(name=FINAL_CONSUMER_NAME, is_anonymous=True, warnings=warnings)
    if not isinstance(number, TaxNumber):
        country = COUNTRY_NAMES.get(iso_country(booking.guest_country) or "")
        return Client(name=name, country=country, warnings=warnings)
    country = COUNTRY_NAMES.get(number.country)
    if country is None:
        return _countryless("InvoiceXpress has no name for that country")
    return Client(name=name, country=country, tax_number=number.number)


def client_name(booking: Booking) -> str:
    """The guest's name as it is fit to print; "" where there is none, or a placeholder."""
    name = printable(booking.guest_name or "")
    if "@" in name or is_placeholder(name, but=booking.channel_reference):
        return ""
    return shortened(name, NAME_LENGTH)


def is_placeholder(name: str, *, but: str | None = None) -> bool:
    """Whether `name` names nobody: nothing but placeholders' words and `but` (the booking's reference), or no letters.

    A number beside the word makes a name of it: whoever counts guests tells one from the other.
    """
    left = [word for word in _words(name) if word not in _words(but or "")]
    has_letters = any(character.isalpha() for word in left for character in word)
    return not has_letters or PLACEHOLDER_WORDS.issuperset(left)


def _words(text: str) -> list[str]:
    """The words of `text` in small letters without accents."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each)).casefold()
    return "".join(character if character.isalnum() else " " for character in plain).split()


def _countryless(why: str) -> UnclearClient:
    return UnclearClient(reason=Reason.NO_TAX_COUNTRY, facts={"why": why})
