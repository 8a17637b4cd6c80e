"""Shapes and languages of errors: section 13, point 28."""

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

Send = Callable[..., TestResponse]
Switch = Callable[..., None]
FALSE_NIF = {"name": "Ana", "fiscal_id": "123456780"}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("list", [{"error": "Client is invalid"}, {"error": "Fiscal is invalid"}]),
        ("object", {"error": "Client is invalid, Fiscal is invalid"}),
        ("texts", ["Client is invalid", "Fiscal is invalid"]),
    ],
)
def test_errors_come_in_the_shape_that_is_set(create: Send, switch: Switch, shape: str, expected: object) -> None:
    switch(error_shape=shape, language="en")
    assert create(client=FALSE_NIF).get_json() == {"errors": expected}


def test_errors_are_portuguese_by_default(create: Send) -> None:
    assert create(client=FALSE_NIF).get_json()["errors"][0] == {"error": "Cliente não é válido"}
