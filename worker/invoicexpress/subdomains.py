"""The subdomain that names an InvoiceXpress account."""

import re

from mapping.errors import UserError

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
ADDRESS = re.compile(rf"(?:https?://)?({LABEL})\.app\.invoicexpress\.com(?:/\S*)?")


def subdomain(text: str) -> str:
    """`casa`, from `casa`, `casa.app.invoicexpress.com` or the address of any page of the account.

    Raises UserError for all else: the API key goes to the host that this names, and to no other.
    """
    given = text.strip()
    if given.isascii():  # before lower(), which makes a plain k of the Kelvin sign
        found = re.fullmatch(f"({LABEL})", given.lower()) or ADDRESS.fullmatch(given.lower())
        if found and not found[1].startswith("xn--"):  # an international name in disguise
            return found[1]
    raise UserError(
        "The subdomain must be the first part of your InvoiceXpress address: "
        "casa, if you log in at https://casa.app.invoicexpress.com."
    )
