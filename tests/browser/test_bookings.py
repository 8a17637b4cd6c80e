"""Bookings in a browser: seen live, put right by a form, tried again together, and safe from what guests are called."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.plant import Plant
from tests.browser.visitor import Visitor
from worker.records import BookingStatus

PHONE = {"width": 375, "height": 740}
LOOKS = [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"viewport": PHONE, "locale": "pt-PT"}]
SOON = 15_000
XSS = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>Eva"


@pytest.fixture
def outage(plant: Plant) -> Iterator[Callable[[str], None]]:
    """outage("praia"): InvoiceXpress answers nothing but errors for that account, until `outage("")`."""

    def away(account: str) -> None:
        if account:
            how = {"account": account, "method": "ANY", "seconds": 0, "times": 9999}
            plant.sandbox("faults", fault="delay_without_commit", **how)
        else:
            plant.http.delete(plant.sandbox_url("faults")).raise_for_status()

    yield away
    away("")


def test_a_booking_is_followed_from_webhook_to_draft_on_its_page_without_reloading(user: Visitor, plant: Plant) -> None:
    made = plant.set_up("largo", "generic:live-page")
    data = {"source_id": "L-1", "property_ref": "live-page", "guest_name": "Lívia Longa"}
    plant.deliver(made["url"], made["secret"], **data, ota="booking", commission=None)
    plant.await_status("parked", "largo:generic:L-1")
    user.page.goto("/bookings?account=largo&channel=booking")
    row = user.page.get_by_role("row", name="Lívia Longa")
    expect(row.get_by_text("Parked")).to_be_visible()
    row.get_by_role("link", name="Lívia Longa").click()
    user.page.evaluate("window.stayed = true")
    expect(user.page.get_by_text("Parked: no commission.")).to_be_visible()
    plant.deliver(made["url"], made["secret"], **data, ota="booking", commission="20.00", total_guest="220.00")
    expect(user.page.locator(".state").get_by_text("Drafted")).to_be_visible(timeout=SOON)
    expect(user.page.get_by_role("row", name="Total of the document")).to_contain_text("€200.00")
    expect(user.page.get_by_text("InvoiceXpress made the draft")).to_be_visible()
    assert user.page.evaluate("window.stayed")


def test_a_parked_booking_is_put_right_by_the_form(user: Visitor, plant: Plant) -> None:
    made, key = plant.set_up("moinho", "generic:form"), "moinho:generic:F-1"
    data = {"source_id": "F-1", "property_ref": "form", "guest_name": "Filipe Falta", "total_guest": "220.00"}
    plant.deliver(made["url"], made["secret"], **data, ota="booking", commission=None)
    plant.await_status("parked", key)
    user.page.goto(f"/bookings/{key}")
    user.page.get_by_role("link", name="Correct it here").click()
    expect(user.page.get_by_text("No draft would come of it yet")).to_be_visible()
    user.page.get_by_label("Commission").fill("much")
    user.page.get_by_role("button", name="Save and create draft").click()
    expect(user.page.get_by_text("The commission must be a number")).to_be_visible()
    user.page.get_by_label("Commission").fill("20,00")
    user.page.get_by_label("Guest’s name").fill("Filipe Feito")
    user.page.get_by_role("button", name="Preview").click()
    expect(user.page.get_by_role("article")).to_contain_text("Filipe Feito")
    expect(user.page.get_by_role("article")).to_contain_text("€200.00")
    assert plant.house.ledger.known(key).status is BookingStatus.PARKED
    user.page.get_by_role("button", name="Save and create draft").click()
    expect(user.page.get_by_text("Saved. FaturaSync is about to bring the draft to it.")).to_be_visible()
    plant.await_status("drafted", key)
    user.look_again()
    expect(user.page.locator(".state").get_by_text("Drafted")).to_be_visible(timeout=SOON)  # by itself at the latest
    expect(user.page.get_by_role("row", name="Total of the document")).to_contain_text("€200.00")
    expect(user.page.get_by_text("Corrected the commission: €20.00 instead of nothing.")).to_be_visible()
    document = plant.document(key)
    assert (document["total"], document["client"]["name"]) == (200.0, "Filipe Feito")


def test_what_is_said_meanwhile_is_not_taken_back_by_an_open_form(user: Visitor, plant: Plant) -> None:
    made, key = plant.set_up("foz", "generic:meanwhile"), "foz:generic:M-1"
    data = {"source_id": "M-1", "property_ref": "meanwhile", "guest_name": "Mara\nMeio  Dia", "ota": "booking"}
    plant.deliver(made["url"], made["secret"], **data, total_guest="220.00", commission=None)
    plant.await_status("parked", key)
    user.page.goto(f"/preview/{key}")
    plant.deliver(made["url"], made["secret"], **data, total_guest="320.00", commission=None)
    user.page.get_by_label("Commission").fill("20,00")
    user.page.get_by_role("button", name="Save and create draft").click()
    expect(user.page.get_by_text("Meanwhile something else counts: Amount.")).to_be_visible()
    expect(user.page.get_by_label("Amount")).to_have_value("320.00")
    expect(user.page.get_by_role("article")).to_contain_text("€300.00")
    user.page.get_by_role("button", name="Save and create draft").click()
    plant.await_status("drafted", key)
    assert set(plant.house.ledger.known(key).corrections) == {"commission"}
    assert plant.document(key)["total"] == 300.0


def test_what_an_outage_held_up_is_tried_again_together(
    user: Visitor, plant: Plant, outage: Callable[[str], None]
) -> None:
    made = plant.set_up("praia", "generic:outage")
    outage("praia")
    for number in range(3):
        name = f"Hóspede {number}"
        plant.deliver(made["url"], made["secret"], property_ref="outage", guest_name=name, source_id=f"O-{number}")
    keys = [f"praia:generic:O-{number}" for number in range(3)]
    plant.await_status("waiting", *keys)
    user.page.goto("/bookings?account=praia&reason=invoicexpress-unavailable")
    expect(user.page.locator("table.bookings tbody tr")).to_have_count(3)
    outage("")
    user.page.get_by_role("link", name="Retry 3 bookings").click()
    expect(user.page.get_by_text("It never makes a second draft")).to_be_visible()
    user.page.get_by_role("button", name="Retry 3 bookings").click()
    expect(user.page.get_by_text("3 bookings are tried again now.")).to_be_visible()
    plant.await_status("drafted", *keys)
    user.page.goto("/bookings?account=praia&status=drafted")
    expect(user.page.locator("table.bookings tbody tr")).to_have_count(3)
    assert len({plant.document(key)["id"] for key in keys}) == 3
    assert plant.sandbox("requests?account=praia")["requests"]["POST /invoices.json"] == 3


def test_a_guest_who_is_called_like_a_script_is_shown_as_text(user: Visitor, plant: Plant) -> None:
    made = plant.set_up("serra", "generic:xss")
    plant.deliver(
        made["url"], made["secret"], source_id="X-1", property_ref="xss", guest_name=XSS, ota_reference='"><b>x</b>'
    )
    key = "serra:generic:X-1"
    for path in (
        "/bookings?account=serra",
        "/bookings?q=eva",
        f"/bookings/{key}",
        f"/preview/{key}",
        "/retry/all?q=eva",
    ):
        user.page.goto(path)
        user.look_again()
        user.page.wait_for_timeout(200)
        assert user.page.title() != "taken"
        assert user.page.locator("main img, main script, main b").count() == 0
    user.page.goto(f"/bookings/{key}")
    expect(user.page.get_by_role("heading", name=XSS)).to_be_visible()


def test_the_list_keeps_place_and_focus_while_it_goes_on(user: Visitor, plant: Plant) -> None:
    made = plant.set_up("ilha", "generic:place")
    for number in range(12):
        name = f"Vizinho {number}"
        plant.deliver(made["url"], made["secret"], property_ref="place", guest_name=name, source_id=f"V-{number}")
    plant.await_status("drafted", *(f"ilha:generic:V-{number}" for number in range(12)))  # what changes moves up
    user.page.set_viewport_size({"width": 1000, "height": 500})
    user.page.goto("/bookings?account=ilha")
    name = user.page.locator("table.bookings th a").last.inner_text()
    link = user.page.get_by_role("link", name=name, exact=True)
    link.focus()
    before = user.page.evaluate("[scrollY, document.activeElement.id]")
    assert before[0] > 0
    plant.deliver(made["url"], made["secret"], property_ref="place", guest_name="Vizinho Novo")
    user.look_again()
    expect(user.page.get_by_role("link", name="Vizinho Novo")).to_be_attached(timeout=SOON)
    assert user.page.evaluate("document.activeElement.id") == before[1]
    expect(link).to_be_in_viewport()


@pytest.mark.parametrize("look", LOOKS)
def test_pages_are_accessible_and_fit(enter: Enter, plant: Plant, look: dict[str, object]) -> None:
    reader = enter(bypass_csp=True, **look)
    known = list(plant.house.ledger.all(BookingStatus.DRAFTED, BookingStatus.PARKED))
    drafted = next(record.key for record in known if record.trail.document)
    for path in (
        "/bookings", "/bookings?q=zzz", "/bookings?status=drafted&account=largo&channel=booking", f"/bookings/{drafted}",
        f"/preview/{drafted}", "/retry/all?status=drafted",
    ):  # fmt: skip
        reader.page.goto(path)
        reader.assert_accessible()
        reader.assert_fits()
