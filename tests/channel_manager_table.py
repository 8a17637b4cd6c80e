"""The README's table of channel managers, made from the modules: `python -m tests.channel_manager_table` writes it anew."""

from pathlib import Path

from mapping.channel_managers import ChannelManager, channel_managers
from mapping.signatures import (
    Basic,
    HmacHex,
    InBody,
    Sns,
    StandardWebhooks,
    StandardWebhooksOrBearer,
    StaticHeader,
    TokenAlone,
)

README = Path(__file__).parents[1] / "README.md"
HEAD = (
    "channel manager",
    "how it proves itself",
    "where the secret comes from",
    "commission",
    "tourist tax",
    "known gaps",
)


def table() -> str:
    """The table's lines, one channel manager each, in alphabetical order."""
    rows = [HEAD, ("---",) * len(HEAD), *(_row(name, vendor) for name, vendor in channel_managers().items())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def table_in(text: str) -> str:
    """The table as it stands in a README. Raises `ValueError` where there is none, or more than one."""
    start = f"| {HEAD[0]} |"
    (first,) = [number for number, line in enumerate(text.splitlines()) if line.startswith(start)]
    lines = text.splitlines(keepends=True)[first:]
    return "".join(lines[: next(number for number, line in enumerate([*lines, ""]) if not line.startswith("|"))])


def _row(name: str, vendor: ChannelManager) -> tuple[str, ...]:
    linked = f"[`{name}`](docs/channel-managers/{name}.md)" if _has_page(name) else f"`{name}`"
    return (linked, *_proof_and_secret(vendor), vendor.commission, vendor.tourist_tax, vendor.gaps)


def _proof_and_secret(vendor: ChannelManager) -> tuple[str, str]:
    bring = "with `--secret-file FILE`, one a line"
    match vendor.scheme:
        case TokenAlone():
            return f"the token in the URL ({vendor.title} does not sign)", "none"
        case HmacHex(header=header, digest=digest, signs=True):
            return f"`{header}`, HMAC-{digest.upper()}", f"{vendor.title} makes it; bring it {bring}"
        case HmacHex(header=header, digest=digest):
            return f"`{header}`, HMAC-{digest.upper()}, or the token alone", f"{vendor.title}, if any; bring it {bring}"
        case StaticHeader():
            return "a header of yours, or the token alone", f"yours, `HEADER: VALUE`, if any; bring it {bring}"
        case Basic():
            return "HTTP Basic", f"ours: paste login and password into {vendor.title}'s webhook settings"
        case StandardWebhooksOrBearer():
            return "Standard Webhooks, or the secret as a bearer token", "ours (`whsec_...`)"
        case StandardWebhooks(prefix=prefix):
            return (
                f"`{prefix}signature` (Standard Webhooks)",
                f"{vendor.title} makes it (`whsec_...`); bring it {bring}",
            )
        case Sns():
            return "Amazon SNS's signature", f"none; the topic's ARN, if only that one may deliver; bring it {bring}"
        case InBody():
            return "a login in the body, or the token alone", f"{vendor.title}, `login:password`; bring it {bring}"
        case scheme:
            raise ValueError(
                f"Say here how {type(scheme).__name__} proves a delivery, and where its secret comes from."
            )


def _has_page(name: str) -> bool:
    return (README.parent / "docs" / "channel-managers" / f"{name}.md").exists()


if __name__ == "__main__":
    old = README.read_text("utf-8")
    README.write_text(old.replace(table_in(old), table()), "utf-8")
