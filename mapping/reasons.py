"""Why a booking has no draft yet, or needs a person: a stable slug, and the sentence that says what to do."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """The slugs that scripts and the console rely on."""

    UNKNOWN_LISTING = "unknown-listing"
    NO_LOCATION = "no-location"
    NO_PRICE = "no-price"
    NO_CURRENCY = "no-currency"
    FOREIGN_CURRENCY = "foreign-currency"
    NO_RATE = "no-rate"
    NO_GUEST_NAME = "no-guest-name"
    NO_TAX_COUNTRY = "no-country-for-tax-number"
    NO_COMMISSION = "no-commission"
    COMMISSION_TOO_HIGH = "commission-too-high"
    NO_BOOKING_DATE = "no-booking-date"
    SEVERAL_STAYS = "several-stays"
    NO_SHOW = "no-show"
    CANCELLED_WITH_MONEY_KEPT = "cancelled-with-money-kept"

    OWNER_STAY = "owner-stay"
    BLOCKED = "blocked"
    NOT_CONFIRMED = "not-confirmed"
    UNKNOWN_STATUS = "unknown-status"
    BEFORE_START_DATE = "before-start-date"
    TEST_BOOKING = "test-booking"
    IGNORED_BY_A_PERSON = "ignored-by-a-person"

    UNREADABLE = "unreadable"
    NO_TAX_IN_ACCOUNT = "no-tax-in-account"
    NO_SEQUENCE = "no-sequence-in-account"
    API_KEY_REFUSED = "api-key-refused"
    QUOTA_SPENT = "document-quota-spent"
    REFUSED = "refused-by-invoicexpress"
    DOCUMENT_DIFFERS = "document-differs"
    OUTDATED = "may-be-outdated"
    SEVERAL_DOCUMENTS = "several-documents"
    EDITED = "edited-in-invoicexpress"
    FINAL = "final-needs-credit-note"
    DELETED = "draft-deleted-in-invoicexpress"
    CANCELLED_THERE = "cancelled-in-invoicexpress"
    CANCELLED_BUT_EDITED = "cancelled-but-edited"
    CANCELLED_BUT_FINAL = "cancelled-needs-credit-note"

    NO_CREDENTIALS = "no-credentials"
    CREDENTIALS_REFUSED = "credentials-refused"
    BOOKING_NOT_FOUND = "booking-not-found"
    CHANNEL_MANAGER_UNAVAILABLE = "channel-manager-unavailable"

    GUEST_DROPPED = "guest-data-dropped"

    UNAVAILABLE = "invoicexpress-unavailable"
    NOT_YET = "not-yet"
    IN_LINE = "in-line"
    PAUSED = "paused-by-a-person"
    STORE_WAS_AWAY = "store-was-away"
    UNEXPECTED = "unexpected-error"


# {names} are facts that go with the reason; a fact that is not known reads as "?".
TODO: Final[Mapping[Reason, str]] = {
    Reason.UNKNOWN_LISTING: (
        "No property has the listing {channel_manager}:{listing}. Give it to one: "
        'faturasync property add {account} "{property_name}" --location mainland|madeira|azores '
        "--listing {channel_manager}:{listing}"
    ),
    Reason.NO_LOCATION: (
        "The property {property} has no location, so its IVA rate is not known. Set it: "
        'faturasync property set {account} "{property}" --location mainland|madeira|azores'
    ),
    Reason.NO_PRICE: "The channel manager sent no price above zero. Put the price in there; the booking goes on by itself.",
    Reason.NO_CURRENCY: (
        "The channel manager did not say the currency. Put it in there, or say that prices are in euros: "
        "faturasync account set {account} --currency EUR"
    ),
    Reason.FOREIGN_CURRENCY: (
        "The price is in {currency}; drafts are made in euros only. Invoice this stay by hand in InvoiceXpress, or say how "
        "many euros one {currency} is: faturasync account set {account} --exchange {currency}=RATE"
    ),
    Reason.NO_RATE: (
        "No such IVA rate is known for {location} on {day}. Invoice this stay by hand in InvoiceXpress, or, if --cleaning "
        "asks for a rate of another place, change it: faturasync account set {account} --cleaning in-stay. A rate that was "
        "corrected is dropped with: faturasync correct {booking} --drop rate"
    ),
    Reason.NO_GUEST_NAME: (
        "The channel manager sent no guest's name. Put it in there; the booking goes on by itself. Guests without a name and "
        "tax number can all be Consumidor final: faturasync account set {account} --missing-guest final-consumer"
    ),
    Reason.NO_TAX_COUNTRY: (
        "The guest gave a tax number of another country, and {why}; InvoiceXpress would take it for a Portuguese one. Put the "
        "guest's country in at the channel manager, or its two letters before the number (VAT: DE123456789), or invoice this "
        "stay by hand in InvoiceXpress."
    ),
    Reason.NO_COMMISSION: (
        "The channel manager did not say {channel}'s commission. Give its percentage: "
        "faturasync account set {account} --commission {channel}=PERCENT"
    ),
    Reason.COMMISSION_TOO_HIGH: (
        "Commission, tourist tax and deposit leave nothing to invoice. Check them and the price at the channel manager."
    ),
    Reason.NO_BOOKING_DATE: (
        "Bookings made before {start_date} are ignored, and the channel manager did not say when this one was made. Invoice "
        "it by hand in InvoiceXpress, or send the day with it (generic: booked_at)."
    ),
    Reason.SEVERAL_STAYS: (
        "The booking is made of {stays} stays at different places or times, which one draft cannot bill. Invoice it by hand in "
        "InvoiceXpress."
    ),
    Reason.NO_SHOW: (
        "The guest did not come. Decide what it is and invoice it by hand in InvoiceXpress: the whole price is taxed like "
        "the stay, a part kept as compensation is outside IVA (0 %, reason M99)."
    ),
    Reason.CANCELLED_WITH_MONEY_KEPT: (
        "Cancelled, and the guest still pays {fee}. Decide what it is and invoice it by hand in InvoiceXpress: the whole "
        "price is taxed like the stay, a part kept as compensation is outside IVA (0 %, reason M99)."
    ),
    Reason.OWNER_STAY: "The owner's own stay: nothing to invoice.",
    Reason.BLOCKED: "Blocked days, not a stay: nothing to invoice.",
    Reason.NOT_CONFIRMED: "Not confirmed yet: it goes on by itself when the channel manager says so.",
    Reason.UNKNOWN_STATUS: (
        'The channel manager calls it "{status}", which FaturaSync does not know, so it is not invoiced.'
    ),
    Reason.BEFORE_START_DATE: "Made before {start_date}, the day from which bookings are invoiced here.",
    Reason.TEST_BOOKING: "A test booking of the channel manager: nothing to invoice.",
    Reason.IGNORED_BY_A_PERSON: (
        "Somebody said to ignore this booking: nothing is made or changed for it, whatever its channel manager says, and a "
        "draft that it has in InvoiceXpress is left as it is. To bring it back, retry it: faturasync retry {booking}"
    ),
    Reason.UNREADABLE: "FaturaSync cannot read what the channel manager sent ({problems}). Report it, then retry.",
    Reason.NO_TAX_IN_ACCOUNT: (
        "The InvoiceXpress account has no tax of {rate} % for {region}. Make one there (Account, Taxes), then retry."
    ),
    Reason.NO_SEQUENCE: (
        'The InvoiceXpress account has no series named "{sequence}". Make one there (Account, Sequences), then retry, or name '
        "another: faturasync account set {account} --sequence NAME"
    ),
    Reason.API_KEY_REFUSED: (
        "InvoiceXpress refused the API key or does not know the subdomain. Set a good one: faturasync account set {account}"
    ),
    Reason.QUOTA_SPENT: (
        "The InvoiceXpress account's plan allows no more documents: {words}. Choose a larger plan there, or wait for the "
        "next period; the booking goes on by itself."
    ),
    Reason.REFUSED: "InvoiceXpress refused the draft: {words}. Mend what it names, then retry.",
    Reason.DOCUMENT_DIFFERS: (
        "The draft in InvoiceXpress is not what was meant ({differences}). Compare and correct it there before finalising."
    ),
    Reason.OUTDATED: (
        "The store knows nothing of a while (it was away, or a copy of it was put back), and what InvoiceXpress has is not what "
        "this state of the booking asks for, so it is left alone. Have the channel manager send the booking again; if it "
        "cannot, compare the two, bring the draft up to date by hand, and then: faturasync ignore {booking}"
    ),
    Reason.SEVERAL_DOCUMENTS: (
        "InvoiceXpress has more than one document with the reference {reference}. Delete all but one there, then retry."
    ),
    Reason.EDITED: (
        "Somebody changed the draft in InvoiceXpress ({differences}), so it is left alone. "
        "Bring it up to date there by hand."
    ),
    Reason.FINAL: (
        "The booking changed after the document was finalised. Make a credit note and a new invoice in InvoiceXpress."
    ),
    Reason.DELETED: "Somebody deleted the draft in InvoiceXpress, so it is not made again. Invoice it there by hand.",
    Reason.CANCELLED_THERE: (
        "Somebody cancelled the document in InvoiceXpress, so it is not made again. Invoice it there by hand."
    ),
    Reason.CANCELLED_BUT_EDITED: (
        "Cancelled, but somebody changed the draft in InvoiceXpress ({differences}). Delete it there if it is not needed."
    ),
    Reason.CANCELLED_BUT_FINAL: "Cancelled after the document was finalised. Make a credit note in InvoiceXpress.",
    Reason.NO_CREDENTIALS: (
        "The channel manager only said that the booking changed, and the connection {connection} has nothing to ask it with. "
        "Give it credentials: faturasync connection set {connection} --credentials-file FILE"
    ),
    Reason.CREDENTIALS_REFUSED: (
        "The channel manager refused the credentials of the connection {connection} when it was asked for the booking "
        "({words}). Set good ones: faturasync connection set {connection} --credentials-file FILE"
    ),
    Reason.BOOKING_NOT_FOUND: (
        "The channel manager told of the booking, but does not find it when asked ({words}). It is asked again by itself for "
        "about a day and the draft is left as it is; after that, look there whether the booking exists, then retry."
    ),
    Reason.CHANNEL_MANAGER_UNAVAILABLE: (
        "The channel manager did not answer when it was asked for the booking ({words}). It is asked again by itself for "
        "about a day; after that, retry."
    ),
    Reason.GUEST_DROPPED: (
        "The guest's data were erased before this booking came to rest, so nothing is made or changed for it: invoice it by "
        "hand in InvoiceXpress if that is left to do, or have its channel manager send it again."
    ),
    Reason.UNAVAILABLE: (
        "InvoiceXpress did not answer ({words}). It is tried again by itself for about a day; after that, retry."
    ),
    Reason.NOT_YET: "Its draft is made on {day}, as its settings say.",
    Reason.IN_LINE: (
        "The account's requests of this minute are spent; the booking goes on by itself when its turn comes."
    ),
    Reason.PAUSED: (
        "Somebody paused the account {account}: nothing is asked for it. The booking goes on once it is resumed: "
        "faturasync resume {account}"
    ),
    Reason.STORE_WAS_AWAY: (
        "FaturaSync's store did not answer ({words}). It is tried again by itself for about a day; after that, retry."
    ),
    Reason.UNEXPECTED: "FaturaSync met an error of its own ({words}). Report it, then retry.",
}


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


def todo(reason: Reason, facts: Mapping[str, str]) -> str:
    """What a person is told about `reason`: what is the matter, and the one thing to do."""
    return TODO[reason].format_map(_Facts(facts))
