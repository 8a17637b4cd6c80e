"""The words of a draft, in the owner's language, within what InvoiceXpress takes and can store."""

from mapping.booking import Booking, Channel
from mapping.settings import Language

NAME_LENGTH = 100  # InvoiceXpress refuses a document with a longer client name
TEXT_LENGTH = 255

ITEM_NAMES = {Language.PT: "Alojamento", Language.EN: "Accommodation"}
"""Few and fixed: InvoiceXpress keeps a catalogue item for each name that it sees, and rewrites it with every draft."""

STAYS = {
    Language.PT: "Serviço de alojamento de {check_in} a {check_out} ({nights}).",
    Language.EN: "Accommodation service from {check_in} to {check_out} ({nights}).",
}
NIGHTS = {Language.PT: ("noite", "noites"), Language.EN: ("night", "nights")}
REGISTRATIONS = {Language.PT: "Registo {registration}.", Language.EN: "Registration {registration}."}

CHANNEL_NAMES = {
    Channel.AIRBNB: "Airbnb",
    Channel.BOOKING: "Booking.com",
    Channel.VRBO: "Vrbo",
    Channel.EXPEDIA: "Expedia",
}
VARIATION_SELECTORS = "\ufe0e\ufe0f"
"""What is left of an emoji whose picture is gone."""


def printable(text: str) -> str:
    """`text` on one line without emoji and other characters that InvoiceXpress's three-byte tables cannot hold."""
    kept = (
        character
        for character in text
        if character.isspace()
        or (character.isprintable() and character <= "\uffff" and character not in VARIATION_SELECTORS)
    )
    return " ".join("".join(kept).split())


def shortened(text: str, length: int) -> str:
    """`text`, cut at a word to `length` characters at most."""
    if len(text) <= length:
        return text
    head = text[: length + 1].rsplit(" ", 1)[0]
    return head[:length].rstrip()


def description(booking: Booking, language: Language, registration: str | None = None) -> str:
    """The line's text: the stay's days and nights, the property and its registration, the channel and its reference.

    The days have to be on the document where they differ from its own day (CIVA art. 36 no. 5 f). Where all is too
    long, the property's name is what is cut.
    """
    facts = _facts(booking, language, registration)
    number = REGISTRATIONS[language].format_map(facts) if registration else ""
    reference = " ".join(part for part in (CHANNEL_NAMES.get(booking.channel), booking.channel_reference) if part)
    stay, *others = (
        part for part in (STAYS[language].format_map(facts), number, f"{reference}." if reference else "") if part
    )
    room = TEXT_LENGTH - sum(len(part) + 1 for part in (stay, *others)) - 1
    place = shortened(facts["property"], max(room, 0))
    return shortened(printable(" ".join([stay, *([f"{place}."] if place else []), *others])), TEXT_LENGTH)


def observations(text: str, booking: Booking, language: Language, registration: str | None = None) -> str:
    """The owner's words with the booking's facts in place of their names; what is not known is left out."""
    return shortened(printable(text.format_map(_facts(booking, language, registration))), TEXT_LENGTH)


def _facts(booking: Booking, language: Language, registration: str | None) -> dict[str, str]:
    """What texts may name; the keys are `mapping.settings.OBSERVATION_NAMES`."""
    guests = (booking.adults or 0) + (booking.children or 0)
    return {
        "check_in": f"{booking.check_in:%d/%m/%Y}",
        "check_out": f"{booking.check_out:%d/%m/%Y}",
        "nights": f"{booking.nights} {NIGHTS[language][booking.nights != 1]}",
        "property": printable(booking.property_name or ""),
        "registration": registration or "",
        "channel": CHANNEL_NAMES.get(booking.channel, ""),
        "reference": printable(booking.channel_reference or ""),
        "guests": str(guests) if guests else "",
    }
