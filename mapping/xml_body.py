"""XML bodies as plain dicts and lists, read without trust."""

from collections.abc import Collection, Sequence
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

from mapping.errors import UnreadableDelivery

DEEPEST = 64
"""Elements inside one another; vendors' bodies have about ten."""


def xml_body(body: bytes, *, lists: Collection[str] = ()) -> tuple[str, Any]:
    """The name of the root element, and what is in it.

    An element with text is that text, whatever its attributes; one that is empty or nil is None; any other is a dict of
    its children by name and of its attributes by "@name". Children of a name in `lists` are always a list, others where
    the name comes twice.

    Raises `UnreadableDelivery` for anything that is not XML in UTF-8, and for a document type, which could define
    entities and attributes that grow without end. What its declaration calls the encoding is overlooked: .NET writes
    "utf-16" above bodies that it sends in UTF-8.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableDelivery.at("body", "is not UTF-8") from None
    if "<!DOCTYPE" in text:
        raise UnreadableDelivery.at("body", "has a document type, which is refused")
    try:
        read = xmltodict.parse(text, disable_entities=True, force_list=tuple(lists), postprocessor=_plain)
    except (ExpatError, ValueError):
        raise UnreadableDelivery.at("body", "is not XML that can be read") from None
    [(root, content)] = read.items()
    return root, content


def _plain(path: Sequence[object], name: str, content: Any) -> tuple[str, Any]:
    """What stands for an element or attribute. Raises `ValueError` for one that is too deep inside others."""
    if len(path) > DEEPEST:
        raise ValueError("too deep")
    if isinstance(content, dict) and all(key.startswith(("@", "#")) for key in content):
        if any(key.endswith(":nil") and value == "true" for key, value in content.items()):
            return name, None
        return name, content.get("#text", content)
    return name, content
