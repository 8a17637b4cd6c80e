"""The flags that accounts and properties share: one name here, in the console and in JSON."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import click
from pydantic import ValidationError

from mapping.booking import Channel
from mapping.errors import UnreadableDelivery, UserError
from mapping.figures import EURO
from mapping.iva import Location
from mapping.settings import (
    NET_NOTE,
    OBSERVATION_NAMES,
    DraftAt,
    Language,
    MissingGuest,
    Prices,
    Regime,
    Settings,
    TouristTax,
)
from worker.pacing import LIMIT
from worker.views import settings_json

Command = Callable[..., Any]
FLAGS = {"channel_basis": "basis"}
"""Settings whose flag has another name than theirs with - for _."""


def _choice(flag: str, choices: type[StrEnum], help_: str) -> Callable[[Command], Command]:
    return click.option(flag, type=click.Choice([each.value for each in choices]), help=help_)


def shared_settings(command: Command) -> Command:
    """Add the flags that both take; they reach the command as one `settings` value."""
    channels = ", ".join(Channel)
    for option in (
        click.option(
            "--cleaning",
            metavar="in-stay|own-line=RATE",
            help="Cleaning and extras: in the stay's line (default), or apart at RATE: reduced, intermediate, normal or a "
            "percentage. Apart only where the parts come to the price, to the cent.",
        ),
        _choice(
            "--tourist-tax",
            TouristTax,
            "A tourist tax inside the price: left out (default), or on a line of its own at 0 % with reason M99. It is never "
            "in the base of IVA.",
        ),
        click.option(
            "--start-date",
            metavar="YYYY-MM-DD",
            help="Bookings made before this day, where the property lies, are ignored.",
        ),
        _choice("--draft-at", DraftAt, "When the draft is made, on the property's own clock. Default: confirmation."),
        _choice("--prices", Prices, "Whether prices have IVA inside (default), or it comes on top."),
        click.option(
            "--exchange",
            "exchanges",
            multiple=True,
            metavar="CUR=RATE",
            help="Euros for one unit of another currency, such as USD=0.92; without it such bookings are parked.",
        ),
        click.option(
            "--basis",
            "bases",
            multiple=True,
            metavar="net|gross|CHANNEL=net|gross",
            help="What is billed: the price less the channel's commission (net, the default) or the whole price (gross), for "
            f"every channel or for one. {NET_NOTE}",
        ),
        _choice(
            "--missing-guest",
            MissingGuest,
            "A booking without a guest's name: parked (default), or made for the client Consumidor final.",
        ),
        click.option("--sequence", metavar="NAME", help="The InvoiceXpress series. Default: the account's own there."),
        click.option(
            "--observations",
            metavar="TEXT",
            help="Printed below a draft's lines; may name "
            + ", ".join(f"{{{name}}}" for name in sorted(OBSERVATION_NAMES))
            + ".",
        ),
        click.option(
            "--language", type=click.Choice([each.value for each in Language]), help="The language of a draft's text."
        ),
        click.option("--currency", metavar="ISO", help="What prices are in where a channel manager does not say: EUR."),
        click.option(
            "--commission",
            "commissions",
            multiple=True,
            metavar="CHANNEL=PERCENT",
            help=f"Used where a delivery has none. Channels: {channels}.",
        ),
    ):
        command = option(command)
    return command


limit_option = click.option(
    "--limit", type=click.IntRange(1, 100_000), help=f"InvoiceXpress's requests a minute; {LIMIT} without it."
)
location_option = _choice("--location", Location, "Where it lies: this decides the IVA rate.")
postal_code_option = click.option(
    "--postal-code",
    metavar="CODE",
    help="Checked against the location: a draft of one that lies elsewhere has a warning.",
)
registration_option = click.option(
    "--registration", metavar="NUMBER", help="Its number as alojamento local, printed on the draft: 12345/AL."
)
regime_option = _choice(
    "--regime",
    Regime,
    "How the host is taxed: normal (default), or art53, exempt as a small business (0 %, reason M10).",
)


def read_settings(
    *,
    commissions: tuple[str, ...] = (),
    bases: tuple[str, ...] = (),
    exchanges: tuple[str, ...] = (),
    **given: str | int | None,
) -> Settings:
    """The flags' values. Raises `UserError` naming the flag that is wrong."""
    general = [text for text in bases if "=" not in text]
    try:
        return Settings.model_validate(
            {
                "commission": dict(_commission(text) for text in commissions),
                "basis": general[-1] if general else None,
                "channel_basis": dict(_channel_basis(text) for text in bases if "=" in text),
                "exchange": dict(_exchange(text) for text in exchanges),
                **given,
            }
        )
    except ValidationError as error:
        problem = UnreadableDelivery.of(error).problems[0]
        name = problem.path.split(".")[0]
        raise UserError(f"--{FLAGS.get(name, name.replace('_', '-'))}: {problem.message}.") from None


def _commission(text: str) -> tuple[str, str]:
    channel, equals, percent = text.partition("=")
    if not equals or channel not in list(Channel):
        raise UserError(f"--commission takes CHANNEL=PERCENT, such as booking=15; channels are {', '.join(Channel)}.")
    return channel, _number(percent).removesuffix("%")


def _channel_basis(text: str) -> tuple[str, str]:
    channel, _, basis = text.partition("=")
    if channel not in list(Channel):
        raise UserError(
            f"--basis takes net, gross or CHANNEL=net|gross, such as airbnb=gross; channels are {', '.join(Channel)}."
        )
    return channel, basis.strip()


def _exchange(text: str) -> tuple[str, str]:
    currency, equals, rate = text.partition("=")
    if not equals or currency.strip().upper() == EURO:
        raise UserError("--exchange takes CUR=RATE, the euros for one unit of another currency, such as USD=0.92.")
    return currency, _number(rate)


def _number(text: str) -> str:
    return text.strip().replace(",", ".")


def told(settings: Settings) -> str:
    """Settings on one line."""
    parts = []
    for name, value in settings_json(settings).items():
        flag = FLAGS.get(name, name.replace("_", "-"))
        each = [f"{key}={said}" for key, said in value.items()] if isinstance(value, dict) else [value]
        parts += [f"{flag} {said}" for said in each]
    return ", ".join(parts)
