"""How long the console's pages take with 100,000 bookings in the ledger: `faturasync console` itself, asked over HTTP.

    python -m tests.benchmarks.console_pages [--bookings N]

Prints for each page the median, the 95th percentile and the longest of its answers. No part of the test suite.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from urllib.parse import quote, urlencode

import click
import httpx
from rich.console import Console
from rich.table import Table

from mapping.booking import Channel
from mapping.reasons import Reason
from tests.benchmarks.filled_store import FilledStore, filled_store
from tests.benchmarks.household import WHO, furnish, often_changed
from tests.benchmarks.many_bookings import ACCOUNTS, NOW, PLACES, VENDOR, Made, far_down, made
from tests.benchmarks.timing import Question, Times, timed
from tests.processes import PLAIN, Processes, end, free_port, is_up
from tests.waiting import until
from worker.causes import groups
from worker.records import BookingStatus
from worker.reminders import reminders
from worker.services import Services

AIM = 100  # milliseconds, of the median
CALLS = 30  # of each kind of page
PASSWORD = "open sesame"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')

Pages = Mapping[str, Sequence[str]]
"""Each kind, and the addresses of some pages of it."""


@click.command()
@click.option("--bookings", default=100_000, show_default=True, type=click.IntRange(1000))
def main(bookings: int) -> None:
    """Exit code 1 if the median of a page's answers is not under 100 ms."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    with filled_store(bookings) as filled:
        furnish(filled.house, bookings)
        console.print(
            f"{bookings} bookings of {len(ACCOUNTS)} accounts in {filled.seconds:.0f} s, {filled.megabytes:.0f} MB"
        )
        with logged_in(filled) as client:
            found = {
                name: timed(list(_questions(client, addresses)), calls=CALLS)
                for name, addresses in pages(filled.house, bookings).items()
            }
    console.print(_table(found))
    sys.exit(any(times.median >= AIM for times in found.values()))


@contextmanager
def logged_in(filled: FilledStore) -> Iterator[httpx.Client]:
    """Somebody who has logged in at a console on the store."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Processes(filled.folder / "console", **filled.variables, CONSOLE_PASSWORD=PASSWORD) as processes:
        process = processes.start("console", "console", "--port", str(port))
        until(lambda: is_up(f"{url}/healthz"), what="the console")
        with httpx.Client(base_url=url, **PLAIN, timeout=60) as client:
            token = TOKEN.search(client.get("/login").text)
            assert token
            form = {"csrf_token": token[1], "name": WHO, "password": PASSWORD}
            assert client.post("/login", data=form).status_code == httpx.codes.SEE_OTHER
            yield client
        end(process)


def pages(house: Services, count: int) -> Pages:
    """All there are."""
    return {
        "overview": ["/"],
        **{f"reminder: {slug}": [f"/reminders/{slug}"] for slug in {each.slug: None for each in reminders(house)}},
        **{f"bookings: {name}": addresses for name, addresses in _lists(count).items()},
        **{f"search: {name}": addresses for name, addresses in _searches(count).items()},
        **_of_a_booking(count),
        "try all again: failed": ["/retry/all?status=failed"],
        "try all again: parked": ["/retry/all?status=parked"],
        "try all again: all that is stuck": ["/retry/all"],
        **_work(house),
        "audit": ["/settings/audit", "/settings/audit?page=9"],
        "audit: of an account": [f"/settings/audit?about={ACCOUNTS[0]}"],
        "audit: of nothing": ["/settings/audit?about=nothing"],
        **_settings(),
    }


def _lists(count: int) -> Pages:
    big, small = ACCOUNTS[0], ACCOUNTS[-3]
    months = [f"{NOW.year - 1}-{month:02}" for month in range(1, 13)]
    final, drafted, ignored = BookingStatus.FINAL, BookingStatus.DRAFTED, BookingStatus.IGNORED
    return {
        "all": [_listed()],
        "a status": [_listed(status=status) for status in BookingStatus],
        "a reason": [_listed(reason=reason) for reason in (Reason.NO_COMMISSION, Reason.UNKNOWN_LISTING)],
        "a large account": [_listed(account=big)],
        "a small account": [_listed(account=small)],
        "a property": [_listed(property=place) for place in PLACES],
        "a channel": [_listed(channel=channel) for channel in Channel],
        "a month": [_listed(month=month) for month in months],
        "status, channel": [_listed(status=final, channel=channel) for channel in Channel],
        "status, channel, month": [_listed(status=drafted, channel=Channel.BOOKING, month=month) for month in months],
        "account, property, month": [_listed(account=big, property=PLACES[0], month=month) for month in months],
        "all six": [
            _listed(
                status=ignored, reason=Reason.BLOCKED, account=big, property=place, channel=Channel.AIRBNB,
                month=months[0],
            )
            for place in PLACES
        ],
        "filters that nothing fits": [_listed(status=final, reason=Reason.BLOCKED)],
        "far down": [_listed(after=place) for place in far_down(count)],
        "account, channel, far down": [
            _listed(account=big, channel=Channel.AIRBNB, after=place) for place in far_down(count)
        ],
    }  # fmt: skip


def _searches(count: int) -> Pages:
    some = _some(count)
    return {
        "a guest with a common name": [_listed(q=name) for name in ("maria", "silva", "ana")],
        "a guest with a rare name": [_listed(q=name) for name in ("zoe", "helga raposo", "yara rocha")],
        "a guest's whole name": [_listed(q=each.booking.guest_name or "") for each in some],
        "a reference": [_listed(q=f"FS-{VENDOR}-{each.booking.source_id}-1") for each in some],
        "a channel's code": [_listed(q=each.booking.channel_reference or "") for each in some],
        "what many begin with": [_listed(q=text) for text in ("casa", "fs-", "hm")],
        "a common name, with filters": [_listed(q="maria", account=ACCOUNTS[-3], channel=Channel.AIRBNB)],
        "nothing found": [_listed(q=text) for text in ("marzipan", "HMXXXXXXXXX", "carlota joaquina")],
    }


def _of_a_booking(count: int) -> Pages:
    some = [each.key for each in _some(count)]
    drafted = [made(number).key for number in range(count) if made(number).status is BookingStatus.DRAFTED][:10]
    changed = often_changed(count).key
    return {
        "a booking": [f"/bookings/{_quoted(key)}" for key in some],
        "a booking that changed often": [f"/bookings/{_quoted(changed)}"],
        "a booking's preview": [f"/preview/{_quoted(key)}" for key in drafted],
        "a booking that there is not": ["/bookings/casa-0:generic:nothing"],
    }


def _work(house: Services) -> Pages:
    causes = [group.cause.id for group in groups(house.store)]
    jobs = house.queue.get_job_ids(0, 10)
    return {
        "queues": ["/queues"],
        "queues: try a group again": [f"/queues/stuck?cause={cause}" for cause in causes],
        "queues: try all again": ["/queues/stuck"],
        "queues: pause an account": [f"/queues/accounts/{ACCOUNTS[0]}"],
        "jobs": ["/queues/jobs", "/queues/jobs?page=20"],
        "a job": [f"/queues/job?{urlencode({'id': job})}" for job in jobs],
    }


def _settings() -> Pages:
    account = f"/settings/account/{ACCOUNTS[0]}"
    return {
        "settings": ["/settings"],
        "settings: connect InvoiceXpress": ["/settings/connect"],
        "settings: an account": [account],
        "settings: an account's choices": [f"{account}/settings"],
        "settings: a property": [f"{account}/property?{urlencode({'name': place})}" for place in PLACES],
        "settings: a new connection": [f"{account}/channel-manager", f"{account}/channel-manager/lodgify"],
        "settings: a connection": [f"/settings/connection/{ACCOUNTS[0]}-{VENDOR}"],
        "settings: a guide": ["/settings/guide/smoobu"],
    }


def _listed(**asked: str) -> str:
    return f"/bookings?{urlencode(asked)}" if asked else "/bookings"


def _some(count: int) -> Sequence[Made]:
    return [made(number) for number in range(7, count, count // 10)]


def _quoted(key: str) -> str:
    return quote(key, safe=":")


def _questions(client: httpx.Client, addresses: Sequence[str]) -> Iterator[Question]:
    for address in addresses:
        yield partial(_ask, client, address)


def _ask(client: httpx.Client, address: str) -> None:
    answer = client.get(address)
    expected = httpx.codes.NOT_FOUND if address.endswith(":nothing") else httpx.codes.OK
    assert answer.status_code == expected, f"{address}: {answer.status_code}"


def _table(found: Mapping[str, Times]) -> Table:
    table = Table(title="The console's pages, in milliseconds", title_justify="left", box=None, pad_edge=False)
    table.add_column("page", no_wrap=True)
    for name in ("median", "p95", "longest"):
        table.add_column(name, justify="right")
    table.add_column(f"under {AIM}")
    for name, times in found.items():
        told = "[green]yes[/]" if times.median < AIM else "[red]no[/]"
        table.add_row(name, *(f"{each:.1f}" for each in (times.median, times.p95, times.longest)), told)
    return table


if __name__ == "__main__":
    main()
