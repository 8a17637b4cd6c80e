"""Takes a picture of every page of the console, on the real processes with invented bookings: `scripts/screenshots`."""

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import click
import structlog
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import chromium
from tests.browser.plant import PASSWORD, Plant
from tests.processes import ROOT
from tests.screenshots.clock import Clock
from tests.screenshots.png import smaller
from tests.screenshots.scene import ACCOUNTS, HOOKS, WHO, Scene

FOLDER = ROOT / "docs" / "screenshots"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
TALLEST = {"phone": 844, "queues": 2000, "bookings": 1000, "jobs": 900, "": 1500}
"""Pixels, by what a picture's name has in it; of a longer page the picture shows the beginning."""
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<match target="pattern"><test name="family"><string>DejaVu Sans</string></test>
<edit name="family" mode="prepend" binding="strong"><string>Inter</string><string>Liberation Sans</string></edit></match>
</fontconfig>"""
"""So that pictures look like the console on most people's machines, whatever this one calls its own font."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a page is looked at; `suffix` is what its pictures' names end with."""

    suffix: str
    pages: Sequence[str]
    context: Mapping[str, Any]


FEW = ("overview", "bookings", "booking", "settings")
LOOKS = (
    Look(suffix="-dark", pages=FEW, context={"color_scheme": "dark"}),
    Look(suffix="-phone", pages=FEW, context={"viewport": PHONE, "has_touch": True}),
    Look(suffix="-pt", pages=("bookings",), context={"locale": "pt-PT"}),
)


@click.command()
@click.option("--only", metavar="WORD", default="", help="Only pictures with this in their name.")
def main(only: str) -> None:
    """Write docs/screenshots anew."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="faturasync-screenshots-") as name:
        folder = Path(name)
        (folder / "fonts.conf").write_text(FONTS)
        clock = Clock(folder / "earlier")
        variables = {**clock.variables, "FATURASYNC_PUBLIC_URL": HOOKS}
        fonts = {"FONTCONFIG_FILE": str(folder / "fonts.conf")}
        with Plant(folder / "plant", ACCOUNTS, **variables) as plant, chromium(**fonts) as browser:
            click.echo("A day with bookings ...")
            scene = Scene(plant, clock)
            scene.build()
            for file in _pictures(browser, scene, only):
                click.echo(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} kB")
    click.echo(f"{sum(file.stat().st_size for file in FOLDER.glob('*.png')) // 1024} kB together")


def _pictures(browser: Browser, scene: Scene, only: str) -> Iterator[Path]:
    camera, addresses = Camera(browser), _addresses(scene)
    with _opened(browser, scene.plant) as page:
        if only in "login":
            yield camera.take(page, "login", "/login")
    for look in LOOKS:
        with _entered(browser, scene.plant, **look.context) as page:
            for name in look.pages:
                if only in f"{name}{look.suffix}":
                    yield camera.take(page, f"{name}{look.suffix}", addresses[name])
    with _entered(browser, scene.plant) as page:
        for name, address in addresses.items():
            if only in name:
                yield camera.take(page, name, address, first=FIRST.get(name))


def _addresses(scene: Scene) -> Mapping[str, str]:
    """Every page, by the name of its picture."""
    keys = {guest: quote(key, safe=":") for guest, key in scene.keys.items()}
    account = "/settings/account/casas-da-ria"
    return {
        "overview": "/",
        "reminder": "/reminders/drafts-not-finalised",
        "bookings": "/bookings",
        "bookings-parked": "/bookings?status=parked",
        "booking": f"/bookings/{keys['Anneke de Wit']}",
        "booking-parked": f"/bookings/{keys['Clara Nygaard']}",
        "preview": f"/preview/{keys['Clara Nygaard']}",
        "guest": f"/guest/data/{keys['Anneke de Wit']}",
        "guest-erase": f"/guest/erase/{keys['Anneke de Wit']}",
        "retry": "/retry/all",
        "queues": "/queues",
        "stuck": "/queues",
        "pause": "/queues/accounts/casas-da-ria",
        "jobs": "/queues/jobs?list=finished",
        "job": "/queues/jobs?list=finished",
        "settings": "/settings",
        "audit": "/settings/audit",
        "connect-invoicexpress": "/settings/connect",
        "account": account,
        "account-settings": f"{account}/settings",
        "account-key": f"{account}/key",
        "account-remove": f"{account}/remove",
        "property": f"{account}/property?{urlencode({'name': 'Casa da Ria T2'})}",
        "property-remove": f"{account}/property/remove?{urlencode({'name': 'Casa da Ria T2'})}",
        "channel-managers": f"{account}/channel-manager",
        "connection-new": f"{account}/channel-manager/lodgify",
        "connection": "/settings/connection/lisboa-stays-hostaway",
        "connection-remove": "/settings/connection/lisboa-stays-hostaway/remove",
        "connection-issued": f"{account}/channel-manager/hostaway",
    }


@contextmanager
def _opened(browser: Browser, plant: Plant, **context: Any) -> Iterator[Page]:
    how = {"viewport": DESK, "locale": "en-GB", "reduced_motion": "reduce", **context}
    opened = browser.new_context(base_url=plant.console, **how)
    opened.set_default_timeout(10_000)
    yield opened.new_page()
    opened.close()


@contextmanager
def _entered(browser: Browser, plant: Plant, **context: Any) -> Iterator[Page]:
    with _opened(browser, plant, **context) as page:
        page.goto("/login")
        page.locator("#name").fill(WHO)
        page.locator("#password").fill(PASSWORD)
        page.locator("main button").click()
        expect(page.locator("header nav")).to_be_visible()
        yield page


def _type_commission(page: Page) -> None:
    page.get_by_label("Commission").fill("105.75")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("article")).to_be_visible()


def _make_connection(page: Page) -> None:
    page.locator("main form button.primary").click()
    expect(page.get_by_role("textbox", name="Webhook URL")).to_be_visible()


def _ask_to_retry(page: Page) -> None:
    page.locator('a[href^="/queues/stuck"]').first.click()
    expect(page.locator("main form button.primary")).to_be_visible()


def _open_job(page: Page) -> None:
    page.locator('a[href^="/queues/job?"]').first.click()
    page.wait_for_url("**/queues/job?**")


FIRST = {
    "preview": _type_commission, "connection-issued": _make_connection, "stuck": _ask_to_retry, "job": _open_job,
}  # fmt: skip
"""What a person does on a page before its picture is taken."""


class Camera:
    """It takes pictures of pages from their top on, and keeps them in few bytes."""

    def __init__(self, browser: Browser) -> None:
        self._blank = browser.new_page()

    def take(self, page: Page, name: str, address: str, *, first: Callable[[Page], None] | None = None) -> Path:
        """Go there, do what is to be done `first`, and write the picture of this name."""
        answer = page.goto(address)
        assert answer, name
        assert answer.ok, f"{name}: {answer.status}"
        if first:
            first(page)
        seen = page.viewport_size
        assert seen
        width = seen["width"]
        wide, tall = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert wide <= width, f"{name} is {wide} wide"
        height = min(max(seen["height"], tall), next(most for word, most in TALLEST.items() if word in name))
        page.set_viewport_size({"width": width, "height": height})  # so that what sticks to the bottom is there
        file = FOLDER / f"{name}.png"
        file.write_bytes(smaller(page.screenshot(), self._blank))
        page.set_viewport_size(seen)
        return file


if __name__ == "__main__":
    main()
