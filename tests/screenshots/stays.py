"""The bookings of the pictures, and how each one's channel manager tells it. All guests are invented."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.samples import load_cases

BODIES = {case.id: case.bodies[0] for case in load_cases()}


@dataclass(frozen=True, kw_only=True)
class Stay:
    """One booking. `place` is a listing's name; `days` is when it begins, counted from today."""

    id: int
    guest: str
    country: str
    channel: str
    place: str
    days: int
    nights: int
    price: str
    commission: str | None = None
    code: str | None = None
    status: str = "confirmed"
    told: int = 1  # how often

    def first_day(self, today: date) -> date:
        return today + timedelta(days=self.days)

    def last_day(self, today: date) -> date:
        return self.first_day(today) + timedelta(days=self.nights)


def _stays(account: str, first_id: int) -> list[Stay]:
    return [
        Stay(id=first_id + number, guest=guest, country=country, channel=channel, place=place, days=days, nights=nights,
             price=price, commission=commission, code=code)
        for number, (guest, country, channel, place, days, nights, price, commission, code) in enumerate(ROWS[account])
    ]  # fmt: skip


ROWS: dict[str, list[tuple[str, str, str, str, int, int, str, str | None, str | None]]] = {
    "casas-da-ria": [
        ("Ingrid Solberg", "NO", "airbnb", "Casa da Ria T2", -21, 7, "861.00", "133.46", "HMQ2ZX8K4T"),
        ("Pierre Lemoine", "FR", "booking", "Moinho da Praia", -18, 4, "540.00", None, "4471093382"),
        ("Beatriz Antunes", "PT", "direct", "Apartamento Farol", -15, 3, "285.00", "0", None),
        ("Hannah Fischer", "DE", "airbnb", "Moinho da Praia", -11, 5, "690.00", "106.95", "HMWB93D4YE"),
        ("Tom Aldridge", "GB", "booking", "Casa da Ria T2", -9, 3, "372.00", None, "4471120957"),
        ("Lucía Ferrer", "ES", "airbnb", "Apartamento Farol", -4, 3, "264.00", "40.92", "HMK5R2TNAJ"),
        ("Anneke de Wit", "NL", "airbnb", "Casa da Ria T2", 6, 5, "595.00", "92.23", "HM8ZP3FCXD"),
        ("Giulia Romano", "IT", "booking", "Apartamento Farol", 12, 4, "348.00", None, "4471188204"),
        ("Mikkel Sørensen", "DK", "airbnb", "Moinho da Praia", 19, 7, "987.00", "152.99", "HMTR7W2QNE"),
        ("Rui Cordeiro", "PT", "direct", "Casa da Ria T2", 33, 2, "230.00", "0", None),
        ("Emma Lindqvist", "SE", "airbnb", "Casa do Forno", 40, 4, "512.00", "79.36", "HM4NDX92BK"),
        ("Sophie Bernard", "FR", "airbnb", "Casa do Forno", 57, 3, "384.00", "59.52", "HMA7VQ3LZC"),
    ],
    "lisboa-stays": [
        ("Simon Lechner", "AT", "booking", "Loft Baixa", -16, 4, "588.00", "88.20", "4480031172"),
        ("Aoife Brannigan", "IE", "airbnb", "Loft Baixa", -8, 5, "640.00", "99.20", "HMHWY7Q2ZA"),
        ("Jonas Weber", "DE", "booking", "Alfama Terrace", 3, 3, "411.00", "61.65", "4480077310"),
        ("Clara Nygaard", "NO", "booking", "Loft Baixa", 9, 5, "705.00", None, "4480090026"),
        ("Oliver Hughes", "GB", "airbnb", "Graça 3B", 14, 4, "560.00", "86.80", "HM2KXE8VRT"),
        ("Marta Nowak", "PL", "direct", "Alfama Terrace", 22, 2, "240.00", "0", None),
        ("Noah Keller", "CH", "airbnb", "Loft Baixa", 26, 6, "798.00", "123.69", "HMJC5W0DQS"),
        ("Inês Carvalhal", "PT", "booking", "Loft Baixa", 36, 2, "262.00", "39.30", "4480133958"),
        ("Elena Petrova", "BG", "airbnb", "Alfama Terrace", 48, 4, "516.00", "79.98", "HMR9LT41XU"),
    ],
    "quinta-do-vale": [
        ("Familie Brandt", "DE", "direct", "Quinta do Vale", -50, 14, "4160.00", "0", None),
        ("Margaret Ashworth", "GB", "vrbo", "Quinta do Vale", -33, 14, "4120.00", "618.00", "HA-7C41QK"),
        ("Stefan Hofer", "AT", "direct", "Casa da Lagoa", -24, 10, "2140.00", "0", None),
        ("Camille Roux", "FR", "vrbo", "Casa da Lagoa", -13, 7, "1785.00", "267.75", "HA-2M90ZD"),
        ("Björn Ekström", "SE", "direct", "Quinta do Vale", 17, 10, "2480.00", "0", None),
    ],
    "atlantic-homes": [
        ("Charlotte Dubois", "BE", "airbnb", "Ericeira Surf House", 8, 4, "484.00", "75.02", "HMV3C8RGWL"),
        ("Marco Bianchi", "IT", "booking", "Ericeira Surf House", 21, 3, "393.00", None, "4490020417"),
        ("Freya Johansen", "DK", "airbnb", "Casa Foz do Lizandro", 29, 7, "903.00", "139.97", "HMN6YB5TAD"),
    ],
}  # fmt: skip

STAYS = {account: _stays(account, 100 * number + 61_200_311) for number, account in enumerate(ROWS, start=1)}
"""By account, in the order in which they were booked."""


def listing_of(place: str) -> str:
    """The id that the channel manager gives the place."""
    places = sorted({stay.place for stays in STAYS.values() for stay in stays})
    return str(2_210_045 + 37 * places.index(place))


def smoobu(stay: Stay, today: date) -> bytes:
    """As Smoobu tells it."""
    body: dict[str, Any] = json.loads(BODIES[f"smoobu/created-{stay.channel}"])
    if stay.status == "cancelled":
        body["action"] = "cancelReservation"
        body["data"]["type"] = "cancellation"
    first, _, last = stay.guest.partition(" ")
    body["data"] |= {
        "id": stay.id, "reference-id": stay.code, "arrival": f"{stay.first_day(today)}",
        "departure": f"{stay.last_day(today)}", "guest-name": stay.guest, "firstname": first, "lastname": last,
        "modifiedAt": f"{today - timedelta(days=30)} 18:42:{stay.told:02}", "price": float(stay.price), "commission-included": float(stay.commission) if stay.commission else None,
        "apartment": {"id": int(listing_of(stay.place)), "name": stay.place}, "notice": "", "deposit": None,
    }  # fmt: skip
    return json.dumps(body).encode()


def hostaway(stay: Stay, today: date) -> bytes:
    """As Hostaway tells it."""
    body: dict[str, Any] = json.loads(BODIES[f"hostaway/created-{stay.channel}"])
    first, _, last = stay.guest.partition(" ")
    body["data"] |= {
        "id": stay.id, "hostawayReservationId": stay.id, "confirmationCode": stay.code,
        "reservationId": f"59001-{stay.id}", "channelReservationId": stay.code or f"59001-{stay.id}",
        "guestName": stay.guest, "guestFirstName": first, "guestLastName": last, "guestCountry": stay.country,
        "arrivalDate": f"{stay.first_day(today)}", "departureDate": f"{stay.last_day(today)}", "nights": stay.nights,
        "listingMapId": int(listing_of(stay.place)), "listingName": stay.place, "totalPrice": float(stay.price),
        "channelCommissionAmount": float(stay.commission) if stay.commission else None, "cleaningFee": None,
        "securityDepositFee": None, "financeField": [], "airbnbListingHostFee": None, "airbnbExpectedPayoutAmount": None,
        "bookingcomBookerCompany": None,
    }  # fmt: skip
    return json.dumps(body).encode()


def generic(stay: Stay, today: date) -> bytes:
    """As anyone may send it."""
    data = {
        "source_id": f"{stay.id}", "ota": stay.channel, "ota_reference": stay.code, "status": stay.status,
        "property_ref": listing_of(stay.place), "property_name": stay.place, "check_in": f"{stay.first_day(today)}",
        "check_out": f"{stay.last_day(today)}", "guest_name": stay.guest, "guest_country": stay.country,
        "currency": "EUR", "total_guest": stay.price, "commission": stay.commission,
    }  # fmt: skip
    return json.dumps({"type": "booking.created", "data": {k: v for k, v in data.items() if v is not None}}).encode()
