"""A real browser in front of real processes. Nothing is skipped: without a Chromium these tests fail and say what to do."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.plant import Plant
from tests.browser.visitor import Visitor

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)  # fmt: skip

Enter = Callable[..., Visitor]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    named = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else []
    found = next(filter(None, map(shutil.which, (*named, *BROWSERS))), None)
    assert found, "There is no Chromium on this machine: run scripts/setup-browser."
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """Everything that `faturasync up --sandbox` runs. Tests share it: each works with an account of its own."""
    with Plant(tmp_path_factory.mktemp("plant")) as running:
        yield running


@pytest.fixture
def enter(browser: Browser, plant: Plant) -> Iterator[Enter]:
    """enter(locale="pt-PT", ...): somebody who has logged in, with a browser of their own."""
    visitors: list[Visitor] = []

    def entered(**context: object) -> Visitor:
        made = browser.new_context(base_url=plant.console, **{"locale": "en-GB", **context})  # type: ignore[arg-type]
        visitors.append(Visitor(made, plant))
        visitors[-1].log_in()
        return visitors[-1]

    yield entered
    for visitor in visitors:
        visitor.leave()


@pytest.fixture
def user(enter: Enter) -> Visitor:
    """Somebody who has logged in, with a browser that asks for English."""
    return enter()


@pytest.fixture
def page(user: Visitor) -> Page:
    """Their page."""
    return user.page
