"""A real browser in front of real processes. Nothing is skipped: without a Chromium these tests fail and say what to do."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import chromium
from tests.browser.plant import Plant
from tests.browser.visitor import Visitor

Enter = Callable[..., Visitor]

expect.set_options(timeout=15_000)  # a page that misses the moment goes on by itself; playwright's own 5 s are as long


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    with chromium() as opened:
        yield opened


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
