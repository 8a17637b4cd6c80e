"""The settings of accounts and properties as forms ask for them. Data only; `setting_forms` reads and tells them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import lazy_gettext as _l

from mapping.booking import Channel
from worker.pacing import LIMIT

CHANNELS = tuple(each.value for each in Channel)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One setting. `kind` says how it is asked for; `default` is its value, or words, where nobody says any."""

    name: str
    label: str
    problem: str  # what is said where the value is not one
    hint: str = ""
    kind: str = "choice"  # or text, long, number, day, percents, choices (for each channel), exchange
    choices: Mapping[str, str] = field(default_factory=dict)
    default: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Settings that stand together."""

    slug: str
    heading: str
    fields: tuple[Field, ...]


CHOOSE = _l("Choose one of the list.")
BASES = {"net": _l("net, less the channel’s commission"), "gross": _l("gross, the whole price")}

PLACE = Group(
    slug="place",
    heading=_l("Where it is"),
    fields=(
        Field(
            name="location",
            label=_l("Location"),
            hint=_l("It decides the IVA rate of every stay. Without it, bookings are parked."),
            problem=CHOOSE,
            choices={"mainland": _l("Mainland Portugal"), "madeira": _l("Madeira"), "azores": _l("Azores")},
        ),
        Field(
            name="postal_code",
            label=_l("Postal code"),
            hint=_l("Only a check: a draft warns if it lies elsewhere than the location."),
            problem=_l("A Portuguese postal code, such as 9000-123."),
            kind="text",
        ),
        Field(
            name="registration",
            label=_l("Registration number (AL)"),
            hint=_l("Of the alojamento local, such as 12345/AL. Printed on drafts."),
            problem=_l("40 characters at most."),
            kind="text",
        ),
    ),
)

BILLED = Group(
    slug="billed",
    heading=_l("What is billed"),
    fields=(
        Field(name="basis", label=_l("Basis"), problem=CHOOSE, choices=BASES, default="net"),
        Field(
            name="channel_basis",
            label=_l("Basis of single channels"),
            hint=_l("Only where a channel’s is another one."),
            problem=CHOOSE,
            kind="choices",
            choices={"net": _l("net"), "gross": _l("gross")},
        ),
        Field(
            name="commission",
            label=_l("Commission where none is sent"),
            hint=_l("In percent of the price. Used where a channel manager does not say the commission of a booking."),
            problem=_l("Percentages from 0 to below 100, such as 15 or 15.5."),
            kind="percents",
        ),
        Field(
            name="prices",
            label=_l("Prices"),
            problem=CHOOSE,
            choices={"with-iva": _l("have IVA inside"), "without-iva": _l("IVA comes on top")},
            default="with-iva",
        ),
        Field(
            name="tourist_tax",
            label=_l("Tourist tax inside the price"),
            hint=_l("It is never in the base of IVA."),
            problem=CHOOSE,
            choices={"leave-out": _l("left out"), "own-line": _l("a line of its own at 0 %, reason M99")},
            default="leave-out",
        ),
        Field(
            name="cleaning",
            label=_l("Cleaning and extras"),
            problem=CHOOSE,
            choices={
                "in-stay": _l("in the stay’s line"),
                "own-line=reduced": _l("a line of its own at the reduced rate"),
                "own-line=intermediate": _l("a line of its own at the intermediate rate"),
                "own-line=normal": _l("a line of its own at the normal rate"),
            },
            default="in-stay",
        ),
        Field(
            name="currency",
            label=_l("Currency where none is sent"),
            hint=_l("Three letters, such as EUR. Some channel managers never say it."),
            problem=_l("Three letters, such as EUR."),
            kind="text",
        ),
        Field(
            name="exchange",
            label=_l("Other currencies"),
            hint=_l("One a line: the euros for one unit, such as USD=0.92. Without it such bookings are parked."),
            problem=_l("One a line, such as USD=0.92."),
            kind="exchange",
        ),
    ),
)

TIMING = Group(
    slug="timing",
    heading=_l("When"),
    fields=(
        Field(
            name="draft_at",
            label=_l("The draft is made"),
            problem=CHOOSE,
            choices={
                "confirmation": _l("as soon as the booking is confirmed"),
                "check-in": _l("on the day of check-in"),
                "check-out": _l("on the day of check-out"),
            },
            default="confirmation",
        ),
        Field(
            name="start_date",
            label=_l("Bookings made before this day are ignored"),
            hint=_l("The day from which FaturaSync invoices here; what was booked before is invoiced elsewhere."),
            problem=_l("A day."),
            kind="day",
            default=_l("none are"),
        ),
    ),
)

DRAFT = Group(
    slug="draft",
    heading=_l("What the draft says"),
    fields=(
        Field(
            name="language",
            label=_l("Language of the draft"),
            problem=CHOOSE,
            choices={"pt": _l("Portuguese"), "en": _l("English")},
            default="pt",
        ),
        Field(
            name="sequence",
            label=_l("Series"),
            hint=_l("The name of a series in InvoiceXpress; one that is not there parks the booking."),
            problem=_l("100 characters at most."),
            kind="text",
            default=_l("the account’s own in InvoiceXpress"),
        ),
        Field(
            name="missing_guest",
            label=_l("A booking without a guest’s name"),
            problem=CHOOSE,
            choices={"park": _l("is parked"), "final-consumer": _l("is for Consumidor final")},
            default="park",
        ),
        Field(
            name="observations",
            label=_l("Observations"),
            hint=_l(
                "Printed below the lines. May name {check_in}, {check_out}, {nights}, {guests}, {property}, {registration}, "
                "{channel} and {reference}."
            ),
            problem=_l("255 characters at most, and only the names above in braces."),
            kind="long",
        ),
    ),
)

TAXES = Group(
    slug="taxes",
    heading=_l("Taxes and limits"),
    fields=(
        Field(
            name="regime",
            label=_l("IVA regime"),
            hint=_l("Exempt only if you are: nothing else ever makes a draft without IVA."),
            problem=CHOOSE,
            choices={"normal": _l("normal"), "art53": _l("exempt under art. 53 (0 %, reason M10)")},
            default="normal",
        ),
        Field(
            name="limit",
            label=_l("Requests to InvoiceXpress a minute"),
            hint=_l("InvoiceXpress refuses more; leave it empty unless your plan has another limit."),
            problem=_l("A number from 1 to 100000."),
            kind="number",
            default=str(LIMIT),
        ),
    ),
)

ACCOUNT = (BILLED, TIMING, DRAFT, TAXES)
PROPERTY = (PLACE, BILLED, TIMING, DRAFT)
