"""The catalog is whole, and what is compiled is what is written."""

import re
from string import Formatter

from babel.messages.mofile import read_mo

from tests.translations import PORTUGUESE, catalog, key_of, template, texts_of
from webhook.console.languages import LOCALES

COMMAND = "Bring new texts into the catalog with `python -m tests.translations`, and translate them there."
WRITTEN = {key_of(message): message for message in catalog() if message.id}


def test_every_text_is_in_the_catalog_and_nothing_else() -> None:
    wanted = {key_of(message) for message in template() if message.id}
    assert set(WRITTEN) == wanted, COMMAND


def test_every_text_has_a_translation() -> None:
    assert [message.id for message in WRITTEN.values() if message.fuzzy or not all(texts_of(message.string))] == []


def test_what_is_compiled_is_what_is_written() -> None:
    with PORTUGUESE.with_suffix(".mo").open("rb") as file:
        compiled = {key_of(message): texts_of(message.string) for message in read_mo(file) if message.id}
    assert compiled == {key: texts_of(message.string) for key, message in WRITTEN.items()}, COMMAND


def test_a_translation_names_the_same_facts() -> None:
    for message in WRITTEN.values():
        assert [*map(_names, texts_of(message.string))] == [*map(_names, texts_of(message.id))], message.id


def test_portuguese_is_the_only_catalog() -> None:
    assert {path.name for path in PORTUGUESE.parents[2].iterdir()} == set(LOCALES) - {"en"}


def _names(text: str) -> set[str]:
    in_braces = {name for _, name, _, _ in Formatter().parse(text) if name}
    return in_braces | set(re.findall(r"%\((\w+)\)[sd]", text))
