"""Whether an account's key and subdomain are good, before it is said to be connected."""

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable, UserError
from worker.invoicexpress.answers import UnknownHost
from worker.invoicexpress.client import InvoiceXpress

# InvoiceXpress answers a wrong key and an unknown account with the same 401 (section 1.2).
INVALID_KEY = (
    "Invalid API key, or no InvoiceXpress account has this subdomain. "
    "Copy the key from InvoiceXpress, Account > API, and the subdomain from its address."
)
NOT_FOUND = (
    "Account not found: InvoiceXpress has no such address. "
    "Copy the subdomain from your InvoiceXpress address: casa, if you log in at https://casa.app.invoicexpress.com."
)


def check_account(invoicexpress: InvoiceXpress) -> None:
    """Ask for the account's taxes, which every good key may read. Raises UserError with what to do."""
    try:
        invoicexpress.taxes()
    except UnknownHost:
        raise UserError(NOT_FOUND) from None
    except InvoiceXpressUnavailable as error:
        raise UserError(f"InvoiceXpress cannot be asked just now, try again in a minute: {error}") from None
    except InvoiceXpressRejected as refusal:
        if refusal.status in {401, 403}:
            raise UserError(INVALID_KEY) from None
        if refusal.status == 404:
            raise UserError(NOT_FOUND) from None
        raise UserError(f"The account cannot be used. {refusal}") from None
