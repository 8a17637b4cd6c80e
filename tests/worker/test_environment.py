"""The environment's variables: what they mean, and a sentence for each that cannot be used."""

from datetime import timedelta
from pathlib import Path

import pytest

from mapping.errors import UserError
from worker.environment import read_environment
from worker.store import connect


def test_nothing_set_has_a_meaning() -> None:
    found = read_environment({"HOME": "/home/ana"}, terminal=False)
    assert (found.redis_url, found.secret_keys, found.console_password, found.port) == (None, (), None, None)
    assert found.data == Path("/home/ana/.local/share/faturasync")
    assert found.public_url == "http://127.0.0.1:8000"
    assert found.invoicexpress_url == "https://{account}.app.invoicexpress.com"
    assert found.log_format == "json"
    assert read_environment({}, terminal=True).log_format == "console"


def test_what_is_empty_is_not_set() -> None:
    names = (
        *("REDIS_URL", "FATURASYNC_DATA", "FATURASYNC_SECRET_KEYS", "FATURASYNC_PUBLIC_URL"),
        *("CONSOLE_PASSWORD", "INVOICEXPRESS_URL", "LOG_FORMAT", "PORT"),
    )
    empty = read_environment({"HOME": "/h", **dict.fromkeys(names, "")}, terminal=False)
    assert empty == read_environment({"HOME": "/h"}, terminal=False)


def test_everything_set_is_taken() -> None:
    found = read_environment(
        {
            "REDIS_URL": "redis://store:6379/0",
            "FATURASYNC_DATA": "/data",
            "FATURASYNC_SECRET_KEYS": " new , old,",
            "FATURASYNC_PUBLIC_URL": "https://hooks.example.pt/",
            "CONSOLE_PASSWORD": "sesame",
            "INVOICEXPRESS_URL": "http://127.0.0.1:8002/{account}/",
            "LOG_FORMAT": "console",
            "PORT": "5000",
        },
        terminal=False,
    )
    assert (found.redis_url, found.data) == ("redis://store:6379/0", Path("/data"))
    assert found.secret_keys == ("new", "old")
    assert found.public_url == "https://hooks.example.pt"
    assert found.invoicexpress_url == "http://127.0.0.1:8002/{account}"
    assert (found.console_password, found.log_format, found.port) == ("sesame", "console", 5000)


@pytest.mark.parametrize(("value", "days"), [("", 90), ("1", 1), ("365", 365)])
def test_guests_data_outlive_their_bookings_rest_by_some_days(value: str, days: int) -> None:
    assert read_environment({"RETENTION_DAYS": value}, terminal=False).retention == timedelta(days=days)


def test_guests_data_are_kept_for_ever_where_that_is_said() -> None:
    assert read_environment({"RETENTION_DAYS": "never"}, terminal=False).retention is None


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        *(
            (
                "FATURASYNC_PUBLIC_URL",
                value,
                "FATURASYNC_PUBLIC_URL must be an address such as https://hooks.example.pt",
            )
            for value in ("hooks.example.pt", "ftp://hooks.example.pt", "https://", "http://[::1", "https:///path")
        ),
        *(
            ("INVOICEXPRESS_URL", value, "INVOICEXPRESS_URL must be an address with {account} in it")
            for value in (
                "https://casa.app.invoicexpress.com",
                "{account}.app",
                "file:///{account}",
                "http://[{account}",
            )
        ),
        *(("LOG_FORMAT", value, "LOG_FORMAT must be json or console") for value in ("JSON", "text")),
        *(
            ("PORT", value, "PORT must be a number from 1 to 65535")
            for value in ("0", "65536", "-1", "http", "80.5", "²")
        ),
        *(
            ("RETENTION_DAYS", value, "RETENTION_DAYS must be a number of days from 1 to 36500, or never.")
            for value in ("0", "-1", "36501", "90.5", "90 days", "none")
        ),
    ],
)
def test_a_value_that_cannot_be_used_is_said_in_a_sentence(name: str, value: str, sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        read_environment({name: value}, terminal=False)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "redis://localhost:port/0", "redis://[::1"])
def test_a_store_that_cannot_be_addressed_is_said_in_a_sentence(url: str) -> None:
    with pytest.raises(UserError, match="REDIS_URL must be an address such as redis://"):
        connect(url)
