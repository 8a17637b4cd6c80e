"""XML of others: read as dicts, or `UnreadableDelivery`. What took more than its size would run into the suite's timeout."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mapping.errors import UnreadableDelivery
from mapping.xml_body import DEEPEST, xml_body

MIB = 1024 * 1024  # the receiver takes no more
DECLARED = '<?xml version="1.0" encoding="%s"?><a>é</a>'


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("<a/>", None),
        ("<a>  </a>", None),
        ("<a> text\n</a>", "text"),
        ("<a><![CDATA[<b> & c]]> &amp; &#233;</a>", "<b> & c & é"),
        ("<a><b>1</b><c/></a>", {"b": "1", "c": None}),
        ("<a><b>1</b><b>2</b></a>", {"b": ["1", "2"]}),
        ("<a><item>1</item></a>", {"item": ["1"]}),
        ('<a x="1" y=""/>', {"@x": "1", "@y": ""}),
        ('<a x="1">text</a>', "text"),
        ('<a><b xmlns:i="i" i:nil="true"/><b nil="true"/></a>', {"b": [None, {"@nil": "true"}]}),
        ("<a>beside<b>1</b></a>", {"b": "1", "#text": "beside"}),
        ("<!-- c --><?p i?><a><!-- c --><b>1<!-- c -->2</b></a>", {"b": "12"}),
    ],
)
def test_elements_become_text_dicts_and_lists(body: str, content: Any) -> None:
    assert xml_body(body.encode(), lists=["item"]) == ("a", content)


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "utf-16", "iso-8859-1", "martian"])
def test_a_body_in_utf_8_is_read_as_such_whatever_it_declares(encoding: str) -> None:
    assert xml_body((DECLARED % encoding).encode()) == ("a", "é")
    assert xml_body((DECLARED % encoding).encode("utf-8-sig")) == ("a", "é")


ODD = {
    "empty": b"",
    "space": b" ",
    "text": b"text",
    "JSON": b'{"a": 1}',
    "cut off": b"<a><b>1</b>",
    "two roots": b"<a/><b/>",
    "an attribute twice": b'<a x="1" x="2"/>',
    "an unknown entity": b"<a>&nbsp;</a>",
    "NUL": b"<a>\0</a>",
    "a reference to NUL": b"<a>&#0;</a>",
    "half a character": b"<a>\xed\xa0\x80</a>",
    "a reference to half a character": b"<a>&#xd800;</a>",
    "UTF-16": (DECLARED % "utf-16").encode("utf-16"),
    "UTF-16 without a mark": (DECLARED % "utf-16").encode("utf-16-le"),
    "Latin-1": (DECLARED % "iso-8859-1").encode("latin-1"),
    "UTF-7": b'<?xml version="1.0" encoding="utf-7"?>+ADw-a/+AD4-',
    "a document type": b"<!DOCTYPE a><a/>",
    "an external document type": b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "an external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "a parameter entity": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/">%x;]><a/>',
    "a billion laughs": (
        b'<!DOCTYPE a [<!ENTITY x0 "ha">'
        + b"".join(b'<!ENTITY x%d "%b">' % (n, b"&x%d;" % (n - 1) * 10) for n in range(1, 11))
        + b"]><a>&x10;</a>"
    ),
    "a default attribute of every element": b'<!DOCTYPE a [<!ATTLIST b c CDATA "%b">]><a>%b</a>'
    % (
        b"x" * 500_000,
        b"<b/>" * 100_000,
    ),
    "one too deep": b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1),
    "very deep": b"<a>" * (MIB // 7) + b"</a>" * (MIB // 7),
    "very deep and open": b"<a>" * (MIB // 3),
    "an attribute very often": b"<a %b/>" % (b"x='' " * (MIB // 6)),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_harmless_xml_is_unreadable(kind: str) -> None:
    with pytest.raises(UnreadableDelivery) as raised:
        xml_body(ODD[kind])
    assert [problem.path for problem in raised.value.problems] == ["body"]


LARGE = {
    "text": b"<a>%b</a>" % (b"x" * MIB),
    "references": b"<a>%b</a>" % (b"&#65;" * (MIB // 5)),
    "the same element": b"<a>%b</a>" % (b"<b/>" * (MIB // 4)),
    "other elements": b"<a>%b</a>" % b"".join(b"<b%d/>" % n for n in range(MIB // 10)),
    "attributes": b"<a %b/>" % b" ".join(b"a%d=''" % n for n in range(MIB // 12)),
    "name spaces": b"<a %b/>" % b" ".join(b"xmlns:a%d='u'" % n for n in range(MIB // 18)),
    "text between elements": b"<a>%b</a>" % (b"x<b/>" * (MIB // 5)),
    "comments": b"<a>%b</a>" % (b"<!-- -->" * (MIB // 8)),
    "CDATA": b"<a>%b</a>" % (b"<![CDATA[x]]>" * (MIB // 13)),
}


@pytest.mark.parametrize("kind", LARGE)
def test_the_largest_body_is_read(kind: str) -> None:
    assert xml_body(LARGE[kind])[0] == "a"


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=100) | st.text(alphabet="<a/>&;#x!-?=\"' []CDAT\0", max_size=60).map(str.encode))
@example(body=b"<a/>")
def test_any_bytes_are_read_or_unreadable(body: bytes) -> None:
    try:
        root, _ = xml_body(body)
    except UnreadableDelivery:
        return
    assert root
