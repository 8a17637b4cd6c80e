"""The many bookings behind those that are looked at, the same every time. All guests are invented."""

import random
from collections.abc import Sequence
from typing import Any

from tests.screenshots.stays import Stay

NAMES = {
    "DE": (("Lena", "Jonas", "Marie", "Felix"), ("Schneider", "Wagner", "Krüger", "Vogel")),
    "FR": (("Chloé", "Julien", "Manon", "Hugo"), ("Moreau", "Lambert", "Garnier", "Fontaine")),
    "GB": (("Amelia", "George", "Isla", "Harry"), ("Walker", "Bennett", "Clarke", "Foster")),
    "ES": (("Carmen", "Álvaro", "Nuria", "Diego"), ("Navarro", "Iglesias", "Molina", "Castro")),
    "NL": (("Sanne", "Daan", "Fleur", "Bram"), ("Visser", "Bakker", "Mulder", "Smit")),
    "PT": (("Mariana", "Tiago", "Leonor", "Duarte"), ("Figueiredo", "Salgado", "Pinheiro", "Nogueira")),
    "IT": (("Chiara", "Matteo", "Elisa", "Luca"), ("Rinaldi", "Marchetti", "Greco", "Fabbri")),
    "SE": (("Elsa", "Axel", "Maja", "Nils"), ("Bergström", "Nyström", "Holm", "Sandberg")),
}
PLACES = {
    "casas-da-ria": ("Casa da Ria T2", "Moinho da Praia", "Apartamento Farol"),
    "lisboa-stays": ("Loft Baixa", "Alfama Terrace"),
}
CHANNELS = {"airbnb": 5, "booking": 4, "direct": 1}


def crowd(account: str, number: int, *, first_id: int) -> Sequence[Stay]:
    """`number` bookings of the account."""
    chance = random.Random(first_id)
    return [_stay(account, first_id + place, chance) for place in range(number)]


def _stay(account: str, stay_id: int, chance: random.Random) -> Stay:
    country: Any = chance.choice(list(NAMES))
    first, last = map(chance.choice, NAMES[country])
    channel = chance.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    nights, days = chance.randrange(2, 9), chance.randrange(4, 160)
    price = nights * chance.randrange(78, 165)
    codes = {
        "airbnb": "HM" + "".join(chance.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=8)),
        "booking": str(chance.randrange(4_000_000_000, 4_999_999_999)),
        "direct": None,
    }
    return Stay(
        id=stay_id, guest=f"{first} {last}", country=country, channel=channel, place=chance.choice(PLACES[account]),
        days=days, nights=nights, price=f"{price}.00",
        commission="0" if channel == "direct" else f"{price * 0.155:.2f}", code=codes[channel],
    )  # fmt: skip
