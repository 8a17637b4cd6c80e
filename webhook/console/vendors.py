"""Channel managers as the pages tell them: how each proves itself, what it lacks, and where its guide is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from flask_babel import gettext as _
from markdown_it import MarkdownIt

from mapping.channel_managers import ChannelManager, channel_managers
from mapping.signatures import Basic, StaticHeader, TokenAlone

GUIDES = Path(__file__).parents[2] / "docs" / "channel-managers"


class Secret(StrEnum):
    """Where the secret of a channel manager comes from."""

    NONE = "none"
    OURS = "ours"  # made here, shown once
    HEADER = "header"  # made here if the host wants one
    THEIRS = "theirs"  # deliveries are refused until it is brought
    PERHAPS = "perhaps"  # theirs, if there is one


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing to copy."""

    label: str
    text: str


def secret_of(vendor: ChannelManager) -> Secret:
    """Where this one's comes from."""
    scheme = vendor.scheme
    if isinstance(scheme, TokenAlone):
        return Secret.NONE
    if scheme.secret_is_ours:
        return Secret.OURS
    if isinstance(scheme, StaticHeader):
        return Secret.HEADER
    return Secret.THEIRS if scheme.signs else Secret.PERHAPS


def proof_of(vendor: ChannelManager) -> str:
    """How it proves that a delivery is its own."""
    title = vendor.title
    if isinstance(vendor.scheme, Basic):
        return str(_("By a login and password that FaturaSync makes; you paste both into %(title)s.", title=title))
    match secret_of(vendor):
        case Secret.NONE:
            return str(_("By the webhook URL alone, which holds a long random part: treat it like a password."))
        case Secret.OURS:
            return str(_("By a secret that FaturaSync makes: it signs with it, or sends it as a bearer token."))
        case Secret.HEADER:
            return str(
                _("By a header that you type in at %(title)s; without one, by the webhook URL alone.", title=title)
            )
        case Secret.THEIRS:
            return str(
                _("By a secret that %(title)s makes once it has the webhook URL; you bring it here.", title=title)
            )
    return str(_("By a secret of %(title)s’s, where it gave you one; else by the webhook URL alone.", title=title))


def parts_of(vendor: ChannelManager, secret: str) -> Sequence[Part]:
    """A secret as it is pasted: a login and a password, a header's name and its value, or as it is."""
    first, _colon, second = secret.partition(":")
    if isinstance(vendor.scheme, Basic):
        return [Part(label=_("Login"), text=first), Part(label=_("Password"), text=second)]
    if isinstance(vendor.scheme, StaticHeader):
        return [
            Part(label=_("Header’s name"), text=first.strip()),
            Part(label=_("Header’s value"), text=second.strip()),
        ]
    return [Part(label=_("Secret"), text=secret)]


def has_guide(channel_manager: str) -> bool:
    """Whether there is a page about it in `docs/`."""
    return channel_manager in channel_managers() and (GUIDES / f"{channel_manager}.md").exists()


def guide(channel_manager: str) -> str:
    """That page as HTML. It is our own text, and no markup in it is taken for any."""
    text = (GUIDES / f"{channel_manager}.md").read_text("utf-8")
    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))
