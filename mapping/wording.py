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
    nights = NIGHTS[language][booking.nights != 1]
    stay = STAYS[language].format(
        check_in=f"{booking.check_in:%d/%m/%Y}",
        check_out=f"{booking.check_out:%d/%m/%Y}",
        nights=f"{booking.nights} {nights}",
    )
    number = REGISTRATIONS[language].format(registration=registration) if registration else ""
    reference = " ".join(part for part in (CHANNEL_NAMES.get(booking.channel), booking.channel_reference) if part)
    others = [printable(part) for part in (stay, number, f"{reference}." if reference else "") if part]
    room = TEXT_LENGTH - sum(len(part) + 1 for part in others) - 1
    place = shortened(printable(booking.property_name or ""), max(room, 0))
    return shortened(" ".join([others[0], *([f"{place}."] if place else []), *others[1:]]), TEXT_LENGTH)
