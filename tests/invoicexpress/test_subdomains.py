import re

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mapping.errors import UserError
from worker.invoicexpress.subdomains import subdomain


@pytest.mark.parametrize(
    "text",
    [
        "casa",
        " Casa\n",
        "CASA.app.invoicexpress.com",
        "casa.app.invoicexpress.com/",
        "https://casa.app.invoicexpress.com",
        "http://casa.app.invoicexpress.com/invoices/new",
        "HTTPS://Casa.App.InvoiceXpress.com/users/api?locale=pt#key",
        "\N{NO-BREAK SPACE}casa\t",
    ],
)
def test_what_people_copy_becomes_the_subdomain(text: str) -> None:
    assert subdomain(text) == "casa"


@pytest.mark.parametrize("text", ["a", "a" * 63, "casa-da-praia", "2b", "a--b"])
def test_every_host_label_is_good(text: str) -> None:
    assert subdomain(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a" * 64,
        "-casa",
        "casa-",
        "ca sa",
        "casa\nx",
        "casa_1",
        "casa.",
        "casa.com",
        "casa/",
        "casa#",
        "casa?",
        "casa:80",
        "casa%2eevil",
        "casa\\evil",
        "evil.com#",
        "evil.com/",
        "evil.com/.app.invoicexpress.com",
        "https://evil.com",
        "https://casa.app.invoicexpress.com.evil.com",
        "https://casa.app.invoicexpress.com@evil.com",
        "https://casa.app.invoicexpress.com:443@evil.com/",
        "https://user@casa.app.invoicexpress.com",
        "https://casa.app.invoicexpress.com#x",
        "https://casa.app.invoicexpress.com?x",
        "https://casa.sub.app.invoicexpress.com",
        "https://casa.invoicexpress.com",
        "ftp://casa.app.invoicexpress.com",
        "//casa.app.invoicexpress.com",
        "casa.app.invoicexpress.com.",
        "casaXapp.invoicexpress.com",
        "сasa",  # a Cyrillic c
        "casa\N{KELVIN SIGN}",
        "c\N{FULLWIDTH LATIN SMALL LETTER A}sa",
        "casa\N{IDEOGRAPHIC FULL STOP}com",
        "xn--80ak6aa92e",
        "cas\x00a",
    ],
)
def test_anything_else_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(UserError, match=r"^The subdomain must be .*https://casa\.app\.invoicexpress\.com\.$"):
        subdomain(text)


addresses = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "https://", "http://", "https://x@"]),
    st.text(max_size=5) | st.from_regex(r"[a-zA-Z0-9-]{1,70}", fullmatch=True),
    st.sampled_from(["", ".app.invoicexpress.com", ".app.invoicexpress.com/", ".com"]),
    st.text(max_size=5),
)


@given(st.text() | addresses)
@example("xn--a")
def test_whatever_comes_back_leads_to_invoicexpress(text: str) -> None:
    try:
        name = subdomain(text)
    except UserError:
        return
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name)
    assert httpx.URL(f"https://{name}.app.invoicexpress.com").host == f"{name}.app.invoicexpress.com"
    assert subdomain(name) == name
