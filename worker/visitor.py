"""Who asks, behind a reverse proxy: WSGI's REMOTE_ADDR is the proxy's, the visitor's stands in X-Forwarded-For.

It counts for the limit on log-ins and for what only this machine itself may see. Only proxies named by
FORWARDED_ALLOW_IPS are believed, as gunicorn does with X-Forwarded-Proto.
"""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Networks = Sequence[IPv4Network | IPv6Network]


def seen_through_proxies(application: Application, *, proxies: Networks, any_proxy: bool) -> Application:
    """`application`, which finds the visitor's address in REMOTE_ADDR. `any_proxy` believes whoever connects to us."""

    def seen(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        peer, told = str(environ.get("REMOTE_ADDR", "")), str(environ.get("HTTP_X_FORWARDED_FOR", ""))
        environ["REMOTE_ADDR"] = visitor(peer, told, proxies=proxies, any_proxy=any_proxy)
        return application(environ, start_response)

    return seen


def visitor(peer: str, told: str, *, proxies: Networks, any_proxy: bool) -> str:
    """The last address on the way to us that is no proxy of ours: each proxy adds the one that it saw at the end.

    What stands before an address of a stranger is the stranger's own invention.
    """
    seen = peer
    if not (any_proxy or not peer or _is_in(peer, proxies)):  # a unix socket has no address
        return seen
    for address in reversed(told.split(",")):
        try:
            seen = str(ip_address(address.strip()))
        except ValueError:
            return seen
        if not _is_in(seen, proxies):
            return seen
    return seen


def _is_in(address: str, networks: Networks) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)
