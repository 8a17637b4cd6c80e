"""What is seen without reloading."""

from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.plant import Plant
from tests.browser.visitor import Visitor


def test_a_booking_is_seen_from_webhook_to_draft_while_the_page_stays(user: Visitor, plant: Plant) -> None:
    made = plant.set_up("ria", "generic:live")
    plant.deliver(made["url"], made["secret"], property_ref="live", guest_name="Zoé Zuvor")
    user.page.goto("/bookings")
    expect(user.page.get_by_role("row", name="Zoé Zuvor")).to_be_visible()
    user.page.get_by_role("searchbox").fill("typed, not sent")
    assert plant.deliver(made["url"], made["secret"], property_ref="live", guest_name="Lívia Live") == "queued"
    row = user.page.get_by_role("row", name="Lívia Live")
    expect(row).to_be_visible(timeout=15_000)
    expect(row.get_by_text("Drafted")).to_be_visible(timeout=15_000)
    expect(row.get_by_role("link", name="Draft 9")).to_be_visible()
    expect(user.page.get_by_role("searchbox")).to_have_value("typed, not sent")


def test_a_session_that_ended_elsewhere_leads_to_the_log_in(user: Visitor, plant: Plant) -> None:
    user.page.goto("/bookings")
    for key in plant.house.store.scan_iter("fs:console:session:*"):  # type: ignore[attr-defined]
        plant.house.store.delete(key)
    user.look_again()
    expect(user.page.get_by_label("Your name, for the record")).to_be_visible()


def test_a_page_says_when_nobody_answers_and_when_somebody_does_again(user: Visitor) -> None:
    user.page.goto("/bookings")
    user.page.route("**/bookings", lambda route: route.fulfill(status=503, body="<p>away</p>"))
    user.look_again()
    notice = user.page.get_by_text("what you see may be old")
    expect(notice).to_be_visible()
    expect(user.page.get_by_role("heading", name="Bookings", exact=True)).to_be_visible()
    user.page.unroute("**/bookings")
    user.look_again()
    expect(notice).to_be_hidden()
    user.odd = [said for said in user.odd if "503" not in said]


def test_pages_speak_portuguese_and_work_without_javascript(enter: Enter) -> None:
    reader = enter(locale="pt-PT", java_script_enabled=False)
    expect(reader.page.get_by_role("link", name="Reservas")).to_be_visible()
    reader.page.get_by_role("button", name="Sair").click()
    expect(reader.page.get_by_label("O seu nome, para o registo")).to_be_visible()
