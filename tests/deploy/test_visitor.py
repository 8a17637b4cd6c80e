"""Whose address the console sees where a reverse proxy stands before it."""

from ipaddress import ip_network
from typing import Any

import pytest

from worker.visitor import seen_through_proxies, visitor

HERE = [ip_network("127.0.0.1"), ip_network("::1"), ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("peer", "told", "expected"),
    [
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "", "127.0.0.1"),  # no proxy, or one that does not tell
        ("127.0.0.1", "127.0.0.1, 203.0.113.7", "203.0.113.7"),  # the visitor claims to be this machine
        ("127.0.0.1", "203.0.113.7, 10.1.2.3", "203.0.113.7"),  # two proxies of ours
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("203.0.113.7", "127.0.0.1", "203.0.113.7"),  # a stranger that is no proxy
        ("", "203.0.113.7", "203.0.113.7"),
    ],
)
def test_the_visitor_is_the_last_who_is_no_proxy_of_ours(peer: str, told: str, expected: str) -> None:
    assert visitor(peer, told, proxies=HERE, any_proxy=False) == expected


def test_where_any_proxy_is_believed_only_what_it_saw_itself_counts() -> None:
    assert visitor("198.51.100.1", "127.0.0.1, 203.0.113.7", proxies=[], any_proxy=True) == "203.0.113.7"


def test_the_application_finds_the_visitor_where_it_looks() -> None:
    def tell(environ: dict[str, Any], _start: object) -> list[bytes]:
        return [environ["REMOTE_ADDR"].encode()]

    application = seen_through_proxies(tell, proxies=HERE, any_proxy=False)
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.7"}
    assert list(application(environ, None)) == [b"203.0.113.7"]
