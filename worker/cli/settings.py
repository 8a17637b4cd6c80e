"""The flags that accounts and properties share: one name here, in the console and in JSON."""

from collections.abc import Callable
from typing import Any

import click
from pydantic import ValidationError

from mapping.booking import Channel
from mapping.errors import UnreadableDelivery, UserError
from mapping.iva import Location
from mapping.settings import Language, Settings
from worker.pacing import LIMIT

Command = Callable[..., Any]


def shared_settings(command: Command) -> Command:
    """Add the flags that both take; they reach the command as one `settings` value."""
    channels = ", ".join(Channel)
    for option in (
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
location_option = click.option(
    "--location", type=click.Choice([each.value for each in Location]), help="Where it lies: this decides the IVA rate."
)


def read_settings(
    *, commissions: tuple[str, ...] = (), location: str | None = None, **given: str | int | None
) -> Settings:
    """The flags' values. Raises `UserError` naming the flag that is wrong."""
    try:
        return Settings.model_validate(
            {
                "location": location,
                "commission": dict(_commission(text) for text in commissions),
                **given,
            }
        )
    except ValidationError as error:
        problem = UnreadableDelivery.of(error).problems[0]
        raise UserError(f"--{problem.path.split('.')[0]}: {problem.message}.") from None


def _commission(text: str) -> tuple[str, str]:
    channel, equals, percent = text.partition("=")
    if not equals or channel not in list(Channel):
        raise UserError(f"--commission takes CHANNEL=PERCENT, such as booking=15; channels are {', '.join(Channel)}.")
    return channel, percent.strip().removesuffix("%").replace(",", ".")


def told(settings: Settings) -> str:
    """Settings on one line."""
    said = settings.model_dump(mode="json", exclude_none=True)
    commissions = said.pop("commission")
    parts = [*(f"{name} {value}" for name, value in said.items()), *(f"{c} {p} %" for c, p in commissions.items())]
    return ", ".join(parts)
