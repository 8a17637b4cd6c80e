"""The console's catalog: `python -m tests.translations` brings new texts into it and compiles it.

What it finds is every marked text of templates and modules, and what `mapping/` and `worker/` say to people. A text that is new has an
empty translation, which a test refuses.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from mapping.channel_managers import channel_managers
from mapping.draft_warnings import SENTENCES
from mapping.reasons import TODO
from mapping.settings import NET_NOTE
from webhook.console.forms import without_command
from webhook.console.texts import parted
from worker.correcting import LABELS, REFUSALS, WRONGS
from worker.due import EXPLAINED, EXPLAINED_WITH_HOLIDAYS
from worker.reminders import SENTENCES as REMINDERS
from worker.reminders import TODO as REMINDERS_TODO

ROOT = Path(__file__).parents[1]
WEBHOOK = ROOT / "webhook"
PORTUGUESE = WEBHOOK / "translations" / "pt" / "LC_MESSAGES" / "messages.po"
METHODS = [("console/**.py", "python"), ("templates/console/**.html", "jinja2")]
REFUSING = (
    "mapping/channel_managers/__init__.py", "mapping/fetch.py", "mapping/signatures/*.py", "worker/accounts.py",
    "worker/connections.py", "worker/invoicexpress/check.py", "worker/invoicexpress/subdomains.py", "worker/properties.py",
)  # fmt: skip
"""What refuses what a person gave on a page: the sentences of the errors that are raised there."""
KEYWORDS = {"_": None, "_l": None, "_lp": ((1, "c"), 2), "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
OPTIONS = {"templates/console/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
SAME_DAY = datetime(2026, 11, 25, tzinfo=UTC)
"""In the head of the catalog: it changes with its texts only."""


def catalog() -> Catalog:
    """The Portuguese texts as they are kept."""
    with PORTUGUESE.open("rb") as file:
        return read_po(file, locale="pt")


def template() -> Catalog:
    """Every text that has to be there."""
    found = Catalog()
    for _path, _line, message, _comments, context in extract_from_dir(WEBHOOK, METHODS, OPTIONS, KEYWORDS):
        found.add(message, context=context)
    for text in _of_the_mapping():
        found.add(text)
    return found


def compiled(of: Catalog) -> bytes:
    """The `.mo` file's bytes."""
    file = io.BytesIO()
    write_mo(file, of)
    return file.getvalue()


def _of_the_mapping() -> Iterator[str]:
    yield from (parted(sentence)[0] for sentence in (*TODO.values(), *REMINDERS_TODO.values()))
    yield from (*SENTENCES.values(), *REMINDERS.values(), EXPLAINED, EXPLAINED_WITH_HOLIDAYS)
    yield from (*LABELS.values(), *REFUSALS.values(), *WRONGS)
    yield NET_NOTE
    yield from (vendor.gaps for vendor in channel_managers().values())
    for path in sorted(path for pattern in REFUSING for path in ROOT.glob(pattern)):
        for _line, message, _comments, _context in extract_from_file("python", path, {"UserError": None}):
            yield without_command(str(message))


def _update() -> None:
    kept = catalog() if PORTUGUESE.exists() else Catalog(locale="pt")
    kept.update(template(), no_fuzzy_matching=True)
    kept.fuzzy = False
    kept.header_comment = "# FaturaSync's console in the Portuguese of Portugal, with InvoiceXpress's own words."
    kept.project, kept.version = "FaturaSync", ""
    kept.creation_date = kept.revision_date = SAME_DAY
    kept.last_translator = kept.language_team = kept.msgid_bugs_address = ""
    PORTUGUESE.parent.mkdir(parents=True, exist_ok=True)
    with PORTUGUESE.open("wb") as file:
        write_po(file, kept, width=120, no_location=True, sort_output=True, ignore_obsolete=True)
    PORTUGUESE.with_suffix(".mo").write_bytes(compiled(catalog()))
    missing = [message.id for message in catalog() if message.id and not all(texts_of(message.string))]
    print(f"{len(missing)} texts have no translation.", *missing, sep="\n")  # noqa: T201 it is run by hand


def key_of(message: Message) -> tuple[str | None, str]:
    """What tells one message from another: its context, and its text in the singular."""
    context = message.context.decode() if isinstance(message.context, bytes) else message.context  # bytes in an .mo
    return context, texts_of(message.id)[0]


def texts_of(string: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """A message in its singular and plural, or its one form."""
    return [string] if isinstance(string, str) else list(string or [""])


if __name__ == "__main__":
    _update()
