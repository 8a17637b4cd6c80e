import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.invoicexpress.messages import LONGEST_WORDS, MOST_WORDS, words

JSON = "application/json; charset=utf-8"
SECRET = "can/ary+key&x=1"

SHAPES = [
    ('{"errors":{"error":"Invalid API key"}}', ("Invalid API key",)),
    ('{"errors":[{"error":"Cliente n\\u00e3o \\u00e9 v\\u00e1lido"},{"error":"B"}]}', ("Cliente não é válido", "B")),
    ('{"errors":["Name can\'t be blank"]}', ("Name can't be blank",)),
    ('{"errors":[{"error":["CantHandle: draft for CreditNote"]}]}', ("CantHandle: draft for CreditNote",)),
    ('{"errors":{"code":"001","message":"No series"}}', ("code 001", "No series")),
    ('{"error":{"code":"422","message":"Invalid state"}}', ("code 422", "Invalid state")),
    ('{"error":"Not found"}', ("Not found",)),
    ('{"reason":"There\'s an ongoing document creation"}', ("There's an ongoing document creation",)),
    ('{"name":["is not available."]}', ("name is not available.",)),
    ('{"base":["Tax region is empty"]}', ("Tax region is empty",)),
    ('[["name","não está disponível."]]', ("name", "não está disponível.")),
    ('["payment_mechanism","is invalid"]', ("payment_mechanism", "is invalid")),
    ("", ()),
    (" ", ()),
    ("<!DOCTYPE html><html><head><title>\n502 Bad &amp; Gateway </title></head><p>x", ("502 Bad & Gateway",)),
    ("<html><body>no title</body></html>", ()),
    ('"text"', ("text",)),
    ("null", ()),
    ('{"errors":', ()),
    ('\ufeff{"error":"after a mark"}', ("after a mark",)),
    ('{"error":"line\\none\\u001b[31m \\ud800"}', ("line one [31m",)),
]


@pytest.mark.parametrize(("body", "expected"), SHAPES)
@pytest.mark.parametrize("content_type", [JSON, "text/html", ""])
def test_every_shape_is_read_whatever_the_content_type(body: str, expected: tuple[str, ...], content_type: str) -> None:
    assert words(body.encode(), content_type) == expected


def test_plain_text_is_words_only_where_it_says_so() -> None:
    assert words(b"error code: 530", "text/plain; charset=UTF-8") == ("error code: 530",)
    assert words(b"error code: 530", JSON) == ()


def test_json_in_latin_1_is_read() -> None:
    assert words('{"error":"não"}'.encode("latin-1"), JSON) == ("n\N{REPLACEMENT CHARACTER}o",)


def test_length_is_bounded() -> None:
    found = words(json.dumps([f"{number} " + "x" * 5000 for number in range(100)])[:90_000].encode(), JSON)
    assert found == ()  # cut off: no JSON
    found = words(json.dumps([f"{number} " + "x" * 500 for number in range(100)]).encode(), JSON)
    assert len(found) == MOST_WORDS
    assert {len(text) for text in found} == {LONGEST_WORDS}


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"a":' * 60_000, b"<title" * 50_000, b"9" * 90_000])
def test_hostile_bodies_are_no_words(body: bytes) -> None:
    assert words(body, JSON) == ()


@pytest.mark.parametrize("spelling", [str, quote, quote_plus, lambda key: quote(key, safe="").lower(), html.escape])
def test_the_secret_is_left_out(spelling: object) -> None:
    assert callable(spelling)
    for padding in ("", "x" * (LONGEST_WORDS - 8)):
        page = f"<title>{padding} GET /taxes.json?api_key={spelling(SECRET)}</title>"
        said = "".join(words(page.encode(), "text/html", secret=SECRET))
        assert "can" not in said
        assert "ary" not in said


@given(st.binary(), st.text(), st.text(max_size=5))
def test_arbitrary_bytes_never_raise(body: bytes, content_type: str, secret: str) -> None:
    found = words(body, content_type, secret=secret)
    assert all(text.isprintable() and 0 < len(text) <= LONGEST_WORDS for text in found)


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_arbitrary_json_never_raises(value: object) -> None:
    found = words(json.dumps(value).encode(), JSON)
    assert len(found) <= MOST_WORDS
