"""Somebody with a browser: what they do on any page, and what must never happen while they do it."""

from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.plant import PASSWORD, Plant

AXE = Path(__file__).with_name("axe.min.js")
SERIOUS = ("serious", "critical")
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
NAME = "Rita Operadora"


class Visitor:
    """One browser context. What its pages complain of, and what they ask of other hosts, fails the test at `leave`."""

    def __init__(self, context: BrowserContext, plant: Plant) -> None:
        self._context = context
        self._plant = plant
        self.odd: list[str] = []
        context.set_default_timeout(10_000)
        context.on("console", lambda said: self._complain(said.type, said.text))
        context.on("weberror", lambda error: self.odd.append(str(error.error)))
        context.on("request", lambda request: self._look_at(request.url))
        self.page: Page = context.new_page()

    def log_in(self) -> None:
        """Give name and password."""
        self.page.goto("/login")
        self.page.get_by_label("name").or_(self.page.get_by_label("nome")).fill(NAME)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("main button").click()
        expect(self.page.locator("header nav")).to_be_visible()

    def leave(self) -> None:
        """Close the browser, and say what was odd."""
        self._context.close()
        assert not self.odd

    def look_again(self) -> None:
        """Come back to the tab: what goes on by itself does so at once."""
        self.page.evaluate(LOOK_AGAIN)

    def assert_accessible(self, *rules: str) -> None:
        """No serious finding of axe, or of these rules of its, on the page as it is. It needs a context with `bypass_csp`."""
        if not self.page.evaluate("'axe' in window"):
            self.page.add_script_tag(path=AXE)
            self._context.add_init_script(path=AXE)  # later pages begin with it, which takes half the time
        options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
        found: dict[str, Any] = self.page.evaluate("options => axe.run(document, options)", options)
        told = [
            f"{each['id']} ({each['impact']}): {each['help']}: {[node['html'] for node in each['nodes']]}"
            for each in found["violations"]
            if each["impact"] in SERIOUS
        ]
        assert not told, "\n".join([self.page.url, *told])

    def assert_fits(self) -> None:
        """The page is no wider than the screen."""
        wide = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= wide[1], f"{self.page.url} is {wide[0]} wide on a screen of {wide[1]}"

    def _complain(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource: the server responded with a status of 4"):
            self.odd.append(text)

    def _look_at(self, url: str) -> None:
        if not url.startswith((self._plant.console, "data:", "blob:")):
            self.odd.append(f"asked another host: {url}")
