"""The same as test_odd_bodies.py for what comes as XML: each element and attribute gone, empty, or with junk in its place."""

from collections.abc import Iterator
from copy import deepcopy
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.mapping.test_odd_bodies import CASES, IN_XML, SECRET, assert_is_read_or_named

TEXTS = [
    "",
    " ",
    f"{SECRET} {SECRET}",
    "x" * 20_000 + SECRET,
    "-1",
    "0",
    "1" + "0" * 40,
    "1e308",
    "1_000",
    "1.560,00",
    "NaN",
    "true",
    "2026-13-45",
    "0000-00-00 00:00:00",
    "9999-12-31T23:59:59-14:00",
    "٣",
    "\u202e\U0001f30a",
    "<StayInfo>&amp;]]>",
]
CHILDREN = [f"<Odd>{SECRET}</Odd>", f'<Odd Name="{SECRET}"/>', "<Odd><Odd><Odd/></Odd></Odd>"]
SAMPLES = [
    (case, number)
    for case in CASES
    if case.channel_manager in IN_XML
    for number in range(len(case.bodies))
    if "cut-off" not in case.name
]


def tree(body: bytes) -> ET.Element:
    # Our parser overlooks which encoding is declared; this one does not.
    return ET.fromstring(body.decode().partition("?>")[2] if body.startswith(b"<?xml") else body.decode())


def places(root: ET.Element) -> list[tuple[int, str | None]]:
    """Each element by its number, and each of its attributes."""
    return [(number, name) for number, element in enumerate(root.iter()) for name in (None, *element.attrib)]


def ways(root: ET.Element, place: tuple[int, str | None]) -> Iterator[ET.Element]:
    """The document with every kind of junk at one place."""
    number, attribute = place
    for text in TEXTS:
        changed = deepcopy(root)
        element = list(changed.iter())[number]
        if attribute:
            element.set(attribute, text)
        else:
            element.clear()
            element.text = text
        yield changed
    if attribute:
        changed = deepcopy(root)
        del list(changed.iter())[number].attrib[attribute]
        yield changed
    else:
        yield from ways_with_elements(root, number)


def ways_with_elements(root: ET.Element, number: int) -> Iterator[ET.Element]:
    """An element beside text, junk inside, a second one of it, and none."""
    for child in CHILDREN:
        changed = deepcopy(root)
        element = list(changed.iter())[number]
        element.text = SECRET
        element.append(ET.fromstring(child))
        yield changed
    for remove in (False, True):
        changed = deepcopy(root)
        elements = list(changed.iter())
        if parent := next((each for each in elements if elements[number] in list(each)), None):
            (parent.remove if remove else parent.append)(elements[number])
            yield changed


@pytest.mark.parametrize("name", sorted(IN_XML))
@pytest.mark.parametrize("kind", ["created-booking", "created-direct", "cancelled"])
def test_an_element_or_attribute_gone_or_odd_is_read_or_named(name: str, kind: str) -> None:
    [case] = [case for case in CASES if case.id == f"{name}/{kind}"]
    for body in case.bodies:
        root = tree(body)
        for place in places(root):
            for changed in ways(root, place):
                assert_is_read_or_named(name, ET.tostring(changed))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_several_odd_places_are_read_or_named(data: st.DataObject) -> None:
    case, number = data.draw(st.sampled_from(SAMPLES))
    root = tree(case.bodies[number])
    for _ in range(data.draw(st.integers(1, 4))):
        root = data.draw(st.sampled_from(list(ways(root, data.draw(st.sampled_from(places(root)))))))
    assert_is_read_or_named(case.channel_manager, ET.tostring(root))


@settings(max_examples=100, deadline=None)
@given(
    root=st.sampled_from(["LNM_PutConfirmedReservation_RQ", "LNM_CancelReservation_RQ"]), inside=st.binary(max_size=200)
)
@example(root="LNM_CancelReservation_RQ", inside=b"")
@example(root="LNM_PutConfirmedReservation_RQ", inside=b"<Reservation/>")
def test_any_bytes_inside_are_read_or_named(root: str, inside: bytes) -> None:
    for name in sorted(IN_XML):
        assert_is_read_or_named(name, b"<%b>%b</%b>" % (root.encode(), inside, root.encode()))
