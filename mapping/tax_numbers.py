"""The guest's tax number: only one that is labelled as such, and only one that is valid.

Telephone numbers and channels' references look like Portuguese tax numbers (reference portuguese-invoicing.md section
1.9, invoicexpress.md section 6.2), so a bare number is never taken. InvoiceXpress checks a number as a NIF unless its
client is of another country (invoicexpress.md section 13.12), so every number comes with its country.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import accumulate

from stdnum import get_cc_module
from stdnum.eu.vat import MEMBER_STATES
from stdnum.pt import nif
from stdnum.util import NumberValidationModule

from mapping.booking import Booking
from mapping.countries import PORTUGAL, iso_country

# Labels as `_folded` leaves them: capitals without accents, º and ª as O and A.
PORTUGUESE_LABELS = r"N\.?I\.?F\.?|N\.?I\.?P\.?C\.?|CONTRIBUINTE|IDENTIFICACAO FISCAL|NUMERO FISCAL|N\.?[OR]\.? ?FISCAL"
OTHER_LABELS = (
    r"VAT|TAX(?:PAYER)?(?:'?S)? ?(?:ID|IDENTIFICATION|NUMBER|NO|NR|CODE)|TIN|FISCAL (?:ID|NUMBER|NO|CODE)"
    r"|N\.?I\.?E\.?|C\.?I\.?F\.?|CODIGO FISCAL"  # Spanish; NIF is theirs too
    r"|T\.?V\.?A\.?|IDENTIFICATION FISCALE|SIREN"  # French
    r"|CODICE FISCALE|PARTITA IVA|P\.? ?IVA"  # Italian
    r"|UST\W?ID\W?(?:NR)?|UID|(?:UMSATZ)?STEUER\W?(?:ID\w*|NUMMER|NR)|MWST"  # German
    r"|BTW\W?(?:NR|NUMMER|ID)|MOMS|CVR|NIP|C\.?P\.?F\.?|CNPJ"  # Dutch (BTW alone is "by the way"), Danish, Polish, Brazilian
)
LABEL = re.compile(rf"(?<![A-Z0-9])(?:(?P<portuguese>{PORTUGUESE_LABELS})|{OTHER_LABELS})(?![A-Z])")
BETWEEN = frozenset(
    {"IDENTIFICATION", "NUMBER", "NUMERO", "NUMMER", "NUM", "NR", "NO", "N", "O", "ID", "CODE", "FISCAL"}
    | {"IS", "E", "ES", "IST", "EST", "DE", "DO", "DA", "CLIENTE"}
)
"""Words that may stand between a label and its number; after any other the number is another one (Tel., ref.)."""
PREFIXES = frozenset({"EL", "GB", "CH", "CHE", "NO", *(state.upper() for state in MEMBER_STATES)})
"""What begins a number to tell its country. DE and NO are words as well."""
WORD = re.compile(r"[0-9A-Z+]+")
FARTHEST = 80  # characters from the end of a label to the end of its number

NIF = re.compile(r"(?:[123568][0-9]|45|7[0-2457-9]|9[0189])[0-9]{7}")  # the library does not look at the prefix
FINAL_CONSUMER = "999999990"  # no number at all: any final consumer's
DUMMY = "123456789"  # valid by its check digit, and nobody's
KINDS = ("vat", "tin", "nif", "idnr", "stnr", "codicefiscale", "cpf", "siren", "utr", "pps", "personalid", "uid")
"""python-stdnum's modules for what people of a country give as their tax number."""
NIF_LENGTH, LONGEST = 9, 20
FEWEST_DIGITS = 6


class Doubt(StrEnum):
    """Why a number that is labelled as a tax number is not taken."""

    INVALID = "invalid"
    WITHOUT_COUNTRY = "without country"  # not Portuguese, and whose it is was not said


@dataclass(frozen=True, kw_only=True)
class TaxNumber:
    """A valid tax number without separators, and the country (ISO 3166, two letters) that gave it."""

    number: str
    country: str


def tax_number(booking: Booking) -> TaxNumber | Doubt | None:
    """The guest's tax number, why there is doubt about one, or None where the guest gave none.

    The field for it counts as labelled; in the guest's note a number needs a label before it. The first valid one counts.
    """
    field = booking.guest_tax_id or ""
    found = [each for text in (f"TAX ID: {field}", booking.guest_note or "") for each in _labelled(text, booking)]
    valid = next((each for each in found if isinstance(each, TaxNumber)), None)
    if valid:
        return valid if valid.number != FINAL_CONSUMER else None
    if _is_long_enough(field):
        found.append(Doubt.INVALID)
    return Doubt.WITHOUT_COUNTRY if Doubt.WITHOUT_COUNTRY in found else next(iter(found), None)


def is_nif(number: str) -> bool:
    """Whether `number` is nine digits that can be a Portuguese tax number."""
    return bool(NIF.fullmatch(number)) and nif.is_valid(number) and number != DUMMY


def _labelled(text: str, booking: Booking) -> Iterator[TaxNumber | Doubt]:
    """What each labelled number in `text` is."""
    folded = _folded(text)
    for label in LABEL.finditer(folded):
        letters, groups = _written(folded[label.end() : label.end() + FARTHEST])
        if _is_long_enough("".join(groups)):
            yield _read(letters, groups, booking, portuguese=bool(label["portuguese"]))


def _written(text: str) -> tuple[str, list[str]]:
    """The number at the beginning of `text`: letters that stand apart before it, and its groups, a digit in each."""
    letters, groups = "", list[str]()
    for word in WORD.findall(text):
        if "+" in word:  # a telephone number
            break
        if any(character.isdigit() for character in word):
            groups.append(word)
        elif groups or not (word in BETWEEN or word in PREFIXES or len(word) == 1):
            break
        else:
            letters = word
    return letters, groups


def _read(letters: str, groups: list[str], booking: Booking, *, portuguese: bool) -> TaxNumber | Doubt:
    """The shortest row of groups that is a valid number: what comes behind it is something else."""
    home = iso_country(booking.guest_country)
    for number in accumulate(groups):
        found = _portuguese(letters, number, home, labelled=portuguese) or _foreign(letters, number, home)
        if found and not _is_other_number(number, booking):
            return found
    number = "".join(groups)
    if len(number) > LONGEST or _is_other_number(number, booking):
        return Doubt.INVALID
    country = _country_of(letters + number) or home
    if country is None and not (number.isdigit() and (portuguese or len(number) == NIF_LENGTH)):
        return Doubt.WITHOUT_COUNTRY
    if country in {None, PORTUGAL} or _checks(country):
        return Doubt.INVALID
    return TaxNumber(number=number, country=country)  # nobody can check it, and InvoiceXpress does not


def _portuguese(letters: str, number: str, home: str | None, *, labelled: bool) -> TaxNumber | None:
    """A NIF, unless neither its label, nor its prefix, nor the guest's country makes it one."""
    digits = number.removeprefix(PORTUGAL)
    is_ours = labelled or home in {None, PORTUGAL} or digits != number or letters == PORTUGAL
    return TaxNumber(number=digits, country=PORTUGAL) if is_ours and is_nif(digits) else None


def _foreign(letters: str, number: str, home: str | None) -> TaxNumber | None:
    """A number that is valid in the country of its prefix, or else in the guest's."""
    for written in (letters + number, number):
        for country in (_country_of(written), home):
            if country not in {None, PORTUGAL} and any(check.is_valid(written) for check in _checks(country)):
                return TaxNumber(number=written, country=country)
    return None


def _country_of(written: str) -> str | None:
    """The country that a number's prefix tells."""
    return iso_country(written[:2]) if written[:2] in PREFIXES and not written.isalpha() else None


@cache
def _checks(country: str) -> tuple[NumberValidationModule, ...]:
    """What python-stdnum has to check a country's tax numbers with."""
    found = (get_cc_module(country, kind) for kind in KINDS)
    return tuple(module for module in found if module)


def _is_other_number(number: str, booking: Booking) -> bool:
    """Whether it is the guest's telephone number or a reference of the booking, whatever its label says."""
    if number in {_plain(reference) for reference in (booking.channel_reference, booking.source_id) if reference}:
        return True
    phone = _digits(booking.guest_phone or "")
    local = phone[-NIF_LENGTH:]  # without the country's code, which the number may have in its turn
    return len(local) == NIF_LENGTH and (phone.endswith(number) or bool(re.fullmatch(f"0*[0-9]{{0,3}}{local}", number)))


def _is_long_enough(number: str) -> bool:
    return len(_digits(number)) >= FEWEST_DIGITS


def _digits(text: str) -> str:
    return "".join(re.findall("[0-9]", text))


def _plain(text: str) -> str:
    return "".join(WORD.findall(_folded(text)))


def _folded(text: str) -> str:
    """`text` in capitals without accents, so that º is O and full-width digits are digits."""
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each)).upper()
