"""Settings in a browser: set up as a host would from an empty console, safe from what things are called, for everybody."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from mapping.iva import Location
from mapping.settings import Settings
from tests.browser.conftest import Enter
from tests.browser.plant import API_KEY, WHO, Plant
from tests.browser.visitor import LOOK_AGAIN
from worker import letting
from worker.properties import Property

PHONE = {"width": 375, "height": 740}
SOON = 15_000
WRONG_KEY = "fedcba9876543210fedcba9876543210fedcba98"
XSS = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>Eva"
MARKUP = "elements => elements.map(element => element.innerHTML)"
COVERED = "document.activeElement.getBoundingClientRect().bottom > document.querySelector('.sticky').getBoundingClientRect().top"
LONG_NAME = "Apartamento Superior com Vista Desafogada sobre o Estuário_do_Tejo_e_a_Ponte_Vinte_e_Cinco_de_Abril"


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """One of its own, as its console is to be empty at first."""
    with Plant(tmp_path_factory.mktemp("settings")) as running:
        yield running


@pytest.fixture(scope="module")
def furnished(plant: Plant) -> str:
    """An account with all that a page of the settings can show; its name."""
    name, located = "quinta", Settings(location=Location.MAINLAND)
    made = plant.set_up(name, "generic:largo")
    for place, listing in ((LONG_NAME, "generic:long"), (XSS, "generic:xss")):
        letting.let(plant.house, Property(account=name, name=place, settings=located, listings=(listing,)), who=WHO)
    for vendor in ("beds24", "channex", "lodgify"):
        plant.connect(name, vendor)
    for number, listing in enumerate((XSS, "xss")):
        told = {"source_id": f"X-{number}", "property_ref": listing, "property_name": XSS, "guest_name": XSS}
        plant.deliver(made["url"], made["secret"], **told)
    plant.await_status("parked", f"{name}:generic:X-0")
    plant.await_status("drafted", f"{name}:generic:X-1")
    return name


def test_a_host_sets_everything_up_from_an_empty_console_to_the_first_draft(enter: Enter, plant: Plant) -> None:
    host = enter(permissions=["clipboard-read", "clipboard-write"])
    connect_with_both_errors(host.page, plant)
    let_a_property(host.page)
    url, old = connect_a_channel_manager(host.page)
    secret = renew_the_secret(host.page, old)
    data = {"source_id": "S-1", "property_ref": "largo-2", "property_name": "Casa do Largo 2", "guest_name": "Sara Só"}
    assert plant.deliver(url, old, **data) == "401"
    assert plant.deliver(url, secret, **data) == "queued"
    host.look_again()
    expect(host.page.get_by_text("Fine", exact=True)).to_be_visible()
    expect(host.page.get_by_text("· just now")).to_be_visible()
    plant.await_status("parked", "casa:generic:S-1")
    assign_the_unknown_listing(host.page, plant, "casa:generic:S-1")


def test_what_is_called_like_a_script_is_shown_as_text(enter: Enter, furnished: str) -> None:
    reader = enter(bypass_csp=True)  # so that nothing but the pages' own care keeps it from running
    page, place = reader.page, quote(XSS, safe="")
    home = f"/settings/account/{furnished}"
    for path in (
        home, f"{home}/property?name={place}", f"{home}/property/remove?name={place}",
        f"{home}/property/new?title={place}&listing=generic:{place}", "/bookings", f"/bookings/{furnished}:generic:X-0",
        f"/bookings/{furnished}:generic:X-1", "/settings/audit", f"/preview/{furnished}:generic:X-1",
    ):  # fmt: skip
        page.goto(path)
        assert page.title() != "taken", path
        assert page.locator("main img, main script").count() == 0, path
    page.goto(home)
    row = page.get_by_role("listitem").filter(has_text=f"Generic · {XSS} · 1 booking")
    row.get_by_label(f"Property for {XSS}").select_option(XSS)
    row.evaluate("row => { row.dataset.old = '' }")
    reader.look_again()
    expect(page.locator("[data-old]")).to_have_count(0)  # until it was brought up to date
    expect(row.get_by_label(f"Property for {XSS}")).to_have_value(XSS)  # not chosen anew by what goes on by itself
    row.get_by_role("button", name="Assign").click()
    expect(page.get_by_text(f"{XSS} has the listing generic:{XSS} now.")).to_be_visible()
    assert page.locator("main img, main script").count() == 0
    assert page.title() != "taken"


def test_every_page_is_accessible_in_light_and_dark(enter: Enter, furnished: str) -> None:
    reader = enter(bypass_csp=True)
    for path in pages_of(furnished):
        reader.page.emulate_media(color_scheme="light")
        look_at(reader.page, path)
        reader.assert_accessible()
        reader.page.emulate_media(color_scheme="dark")
        reader.assert_accessible("color-contrast")


def test_every_page_fits_a_phone_in_the_longer_language(enter: Enter, furnished: str) -> None:
    reader = enter(viewport=PHONE, locale="pt-PT")
    for path in pages_of(furnished):
        look_at(reader.page, path)
        reader.assert_fits()


def pages_of(account: str) -> Sequence[str]:
    """Every page of the settings, with each kind of secret and credentials that there is; "!": after its button was pressed."""
    home, name = f"/settings/account/{account}", quote(LONG_NAME)
    return (
        "/settings", "/settings/connect", "/settings/connect!", home, f"{home}/key", f"{home}/settings", f"{home}/remove",
        f"{home}/property/new!", f"{home}/property?name={name}", f"{home}/property/remove?name={name}",
        f"{home}/channel-manager", f"{home}/channel-manager/lodgify", f"{home}/channel-manager/channex",
        f"{home}/channel-manager/beds24!", f"/settings/connection/{account}-beds24", f"/settings/connection/{account}-channex",
        f"/settings/connection/{account}-lodgify", f"/settings/connection/{account}-generic/remove",
        "/settings/guide/hostaway", "/settings/audit",
    )  # fmt: skip


def look_at(page: Page, path: str) -> None:
    """Go there and open whatever can be opened; with "!" press the button, which tells what is missing or what to copy."""
    page.goto(path.rstrip("!"))
    if path.endswith("!"):
        page.locator("main button.primary").click()
        expect(page.locator("[aria-invalid], [data-copy]").first).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


def connect_with_both_errors(page: Page, plant: Plant) -> None:
    """A wrong key, then a wrong subdomain, then the right ones, by keyboard alone; no page has a key afterwards."""
    plant.sandbox("switches", switches={"unknown_account": "html_404"})
    page.goto("/")
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Connect your invoicing")).to_be_visible()
    tab_to(page, page.get_by_role("radio", name="InvoiceXpress"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("API key", exact=True))
    page.keyboard.type(WRONG_KEY)
    tab_to(page, page.get_by_label("Subdomain"))
    page.keyboard.type("casa")
    tab_to(page, page.get_by_role("button", name="Save"))
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Invalid API key")
    expect(alert).to_contain_text("copy it again, whole")
    expect(page.get_by_label("API key", exact=True)).to_be_focused()
    assert WRONG_KEY not in page.content()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(API_KEY)
    tab_to(page, page.get_by_label("Subdomain"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("nobody")
    page.keyboard.press("Enter")
    expect(alert).to_contain_text("Account not found")
    expect(alert).to_contain_text("Copy the subdomain from the address at which you log in")
    expect(page.get_by_label("Subdomain")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("https://casa.app.invoicexpress.com/invoices")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Connected: casa is the InvoiceXpress account casa.")).to_be_visible()
    assert_no_page_has(page, API_KEY, WRONG_KEY)
    with page.expect_navigation():
        page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("Connected: casa is the InvoiceXpress account casa.")).to_be_visible()


def let_a_property(page: Page) -> None:
    page.get_by_role("link", name="Add a property").click()
    tab_through(page)
    page.get_by_label("Name", exact=True).fill("Casa do Largo")
    page.get_by_label("Location").select_option("Mainland Portugal")
    page.get_by_label("Channel manager of listing 1").select_option("Smoobu")
    page.get_by_label("Id of listing 1").fill("2210045")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The property Casa do Largo was added.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="smoobu:2210045")).to_contain_text("Mainland Portugal")


def connect_a_channel_manager(page: Page) -> tuple[str, str]:
    """Its webhook URL and secret, as they were copied; the page that showed them shows them once."""
    page.get_by_role("link", name="Connect one").click()
    page.get_by_role("link", name="Anything else").click()
    page.get_by_role("button", name="Make the webhook URL").click()
    buttons = page.locator("[data-copy]")
    expect(buttons).to_have_count(2)
    before = buttons.evaluate_all(MARKUP)
    url, secret = copied(page, "Webhook URL"), copied(page, "Secret")
    expect(buttons).to_have_text(["Copy Webhook URL", "Copy Secret"])
    assert buttons.evaluate_all(MARKUP) == before
    page.reload()
    expect(page.get_by_text("That connection was made already")).to_be_visible()
    assert_no_page_has(page, url.rpartition("/")[2], secret)
    return url, secret


def copied(page: Page, what: str) -> str:
    """What the button beside the field of that name puts into the clipboard, also if it is pressed twice."""
    field = page.get_by_label(what, exact=True)
    button = page.locator(f"[data-copy='{field.get_attribute('id')}']")
    button.dblclick()
    expect(button).to_have_text("Copied")
    text = str(page.evaluate("navigator.clipboard.readText()"))
    assert text == field.input_value()
    return text


def renew_the_secret(page: Page, old: str) -> str:
    """The new one. Old and new are valid until the old is ended."""
    page.get_by_role("link", name="Generic").click()
    expect(page.get_by_text("Nothing received yet")).to_be_visible()
    page.get_by_role("button", name="Make a new secret").click()
    new = page.get_by_label("Secret", exact=True).input_value()
    page.reload()
    expect(page.get_by_text("It was made already, and shown then.")).to_be_visible()
    expect(page.get_by_text("2 valid")).to_be_visible()
    page.get_by_role("button", name="End the old ones").click()
    expect(page.get_by_text("Only the newest webhook URL and secret are valid now.")).to_be_visible()
    assert_no_page_has(page, old, new)
    return new


def assign_the_unknown_listing(page: Page, plant: Plant, key: str) -> None:
    """The booking that waits for it leads to where it is put right, and goes on at once."""
    booking = page.context.new_page()
    booking.goto(f"/bookings/{key}")
    booking.evaluate("window.stayed = true")
    expect(booking.locator(".state").get_by_text("Parked")).to_be_visible()
    page.goto(str(booking.get_by_role("link", name="Give it to a property").get_attribute("href")))
    row = page.get_by_role("listitem").filter(has_text="Casa do Largo 2")
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("Generic · largo-2 · 1 booking")
    row.get_by_label("Property for Casa do Largo 2").select_option("Casa do Largo")
    row.get_by_role("button", name="Assign").click()
    expect(page.get_by_text("Casa do Largo has the listing generic:largo-2 now. 1 booking")).to_be_visible()
    expect(row).to_have_count(0)
    plant.await_status("drafted", key)
    booking.evaluate(LOOK_AGAIN)
    expect(booking.locator(".state").get_by_text("Drafted")).to_be_visible(timeout=SOON)
    assert booking.evaluate("window.stayed")


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus, and see that it shows it."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            break
    expect(wanted).to_be_focused()
    width = wanted.evaluate(
        "element => getComputedStyle(element).outlineStyle !== 'none' && getComputedStyle(element).outlineWidth"
    )
    assert float(str(width).removesuffix("px")) >= 2


def tab_through(page: Page) -> None:
    """Go through the form with the keyboard: the bar with its buttons, which stays at the bottom, covers no field."""
    page.get_by_label("Name", exact=True).focus()
    while page.evaluate("!document.activeElement.closest('.sticky')"):
        assert not page.evaluate(COVERED), page.evaluate("document.activeElement.name")
        page.keyboard.press("Tab")


def assert_no_page_has(page: Page, *secrets: str) -> None:
    """Neither the page as it stands, nor what the settings answer."""
    shown = page.content()
    links = {link.get_attribute("href") or "" for link in page.locator("main a[href^='/settings']").all()}
    for path in ("/settings", *links):
        shown += page.request.get(path).text()
    assert [secret for secret in secrets if secret in shown] == []
