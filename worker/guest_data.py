"""What of a booking is its guest's, and the same booking without it: what is left are the facts of the invoice.

Who stayed goes; that a stay was billed stays: from when to when, where, through which channel and with which code of its
own, which is printed on the document, and for how much.
"""

from dataclasses import replace

from mapping.booking import Booking
from worker.corrections import OF_THE_GUEST
from worker.records import Trail
from worker.sealing import correction_field

OF_A_GUEST = frozenset(
    {
        "guest_name",
        "guest_email",
        "guest_phone",
        "guest_address",
        "guest_postcode",
        "guest_city",
        "guest_country",
        "guest_language",
        "guest_tax_id",
        "guest_company",
        "guest_note",
        "adults",
        "children",
        "infants",
        "group_id",  # ties several bookings of one guest together
        # Free texts of channel managers, in which anything may be. What they mean is in `channel` and the figures.
        "channel_raw",
        "lines",
    }
)
"""The fields of a `Booking` that go."""
KEPT = frozenset(
    {
        "source_id",
        "is_test",
        "channel",
        "channel_reference",
        "status",
        "status_raw",  # told with the reason why one is ignored
        "modified_at",
        "sequence",
        "created_at",
        "booked_at",
        "cancelled_at",
        "cancellation_fee",
        "property_ref",
        "unit_ref",
        "property_name",
        "check_in",
        "check_out",
        "stays",
        "currency",
        "total_guest",
        "price_is",
        "total_includes_tourist_tax",
        "commission",
        "cleaning",
        "tourist_tax",
        "deposit",
        "payout",
        "warnings",
    }
)
"""Those that stay. Together these are all, so that whoever adds a field says which it is."""

CORRECTIONS = tuple(correction_field(field) for field in sorted(OF_THE_GUEST))
"""Where in a record persons' corrections of a guest's data are."""


def booking_without_guest(booking: Booking) -> Booking:
    """The booking with nothing of its guest."""
    return booking.model_copy(update={**dict.fromkeys(OF_A_GUEST, None), "lines": ()})


def trail_without_guest(trail: Trail) -> Trail:
    """What was asked of InvoiceXpress, without for whom."""
    return replace(
        trail,
        sent=trail.sent.without_guest() if trail.sent else None,
        earlier=trail.earlier.without_guest() if trail.earlier else None,
        sending=tuple(request.without_guest() for request in trail.sending),
    )
