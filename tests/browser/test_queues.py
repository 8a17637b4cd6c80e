"""Queues and the first page in a browser: live, put right in a few clicks, readable by everybody."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.plant import Plant
from tests.browser.visitor import Visitor

PAGES = (
    "/",
    "/queues",
    "/queues/stuck",
    "/queues/jobs",
    "/queues/jobs?list=finished",
    "/reminders/stays-without-document",
)
LOOKS = [
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"viewport": {"width": 375, "height": 740}, "color_scheme": "light"},
]


@pytest.fixture
def refusing(plant: Plant) -> Iterator[Callable[[str], None]]:
    """refusing("lago"): InvoiceXpress refuses every draft of that account, until `refusing("")`."""

    def refuse(account: str) -> None:
        if account:
            plant.sandbox("faults", fault="refused", account=account, method="POST", times=999)
        else:
            plant.http.delete(plant.sandbox_url("faults")).raise_for_status()

    yield refuse
    refuse("")


def test_what_failed_for_one_cause_is_retried_at_once_when_it_is_put_right(
    user: Visitor, plant: Plant, refusing: Callable[[str], None]
) -> None:
    made = plant.set_up("lago", "generic:bulk")
    refusing("lago")
    for number in range(3):
        plant.deliver(made["url"], made["secret"], property_ref="bulk", guest_name=f"Hóspede {number}")
    user.page.goto("/queues")
    row = user.page.get_by_role("row", name="refused by InvoiceXpress").filter(has_text="Retry all 3")
    expect(row).to_be_visible(timeout=20_000)
    refusing("")
    row.get_by_role("link", name="Retry all 3").click()
    expect(user.page.get_by_text("It never makes a second draft")).to_be_visible()
    user.page.get_by_role("button", name="Retry 3 bookings").click()
    expect(user.page.get_by_text("3 bookings are tried again now.")).to_be_visible()
    expect(user.page.get_by_role("row", name="refused by InvoiceXpress")).to_have_count(0, timeout=20_000)
    user.page.goto("/bookings?account=lago&status=drafted")
    expect(user.page.locator("table.bookings tbody tr")).to_have_count(3, timeout=15_000)


def test_an_account_is_paused_and_goes_on(user: Visitor, plant: Plant) -> None:
    made = plant.set_up("vale", "generic:pause")
    user.page.goto("/queues")
    user.page.get_by_role("link", name="Pause vale").click()
    expect(user.page.get_by_text("Deliveries are still taken in.")).to_be_visible()
    user.page.get_by_role("button", name="Pause vale").click()
    row = user.page.get_by_role("row", name="vale")
    expect(row.get_by_text("by Rita Operadora")).to_be_visible()
    plant.deliver(made["url"], made["secret"], property_ref="pause", guest_name="Pia Pausada")
    expect(row.get_by_role("cell").nth(2)).to_have_text("1", timeout=15_000)
    row.get_by_role("link", name="Resume vale").click()
    user.page.get_by_role("button", name="Resume vale").click()
    user.page.goto("/bookings?account=vale")
    booking = user.page.get_by_role("row", name="Pia Pausada")
    expect(booking.get_by_text("Drafted")).to_be_visible(timeout=15_000)


@pytest.mark.parametrize("look", LOOKS)
def test_pages_are_accessible_and_fit(enter: Enter, plant: Plant, look: dict[str, object]) -> None:
    reader = enter(bypass_csp=True, **look)
    for path in (*PAGES, f"/queues/accounts/{plant.house.accounts.all()[0].name}"):
        reader.page.goto(path)
        for details in reader.page.locator("details").all():
            details.locator("summary").click()
        reader.assert_accessible()
        reader.assert_fits()


def test_an_open_table_and_a_scrolled_chart_stay_while_the_page_goes_on(user: Visitor) -> None:
    user.page.goto("/queues")
    user.page.get_by_text("Hour by hour").click()
    with user.page.expect_response(lambda answer: answer.url.endswith("/queues")):
        user.look_again()
    user.page.wait_for_timeout(300)
    expect(user.page.locator("details#hours")).to_have_attribute("open", "")
