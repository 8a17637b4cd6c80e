"""Whether an account's key and subdomain are good, before it is said to be connected."""

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable, UserError
from worker.invoicexpress.answers import UnknownHost
from worker.invoicexpress.client import InvoiceXpress


class InvalidApiKey(UserError):
    """InvoiceXpress refused the key, or has no such account: it answers both with the same 401 (section 1.2)."""

    def __init__(self) -> None:
        super().__init__(
            "Invalid API key, or no InvoiceXpress account has this subdomain. "
            "Copy the key from InvoiceXpress, Account > API, and the subdomain from its address."
        )


class AccountNotFound(UserError):
    """There is nothing at the subdomain's address."""

    def __init__(self) -> None:
        super().__init__(
            "Account not found: InvoiceXpress has no such address. "
            "Copy the subdomain from your InvoiceXpress address: casa, if you log in at https://casa.app.invoicexpress.com."
        )


def check_account(invoicexpress: InvoiceXpress) -> None:
    """Ask for the account's taxes, which every good key may read. Raises `UserError` with what to do."""
    try:
        invoicexpress.taxes()
    except UnknownHost:
        raise AccountNotFound from None
    except InvoiceXpressUnavailable as error:
        raise UserError("InvoiceXpress cannot be asked just now, try again in a minute: {why}", why=error) from None
    except InvoiceXpressRejected as refusal:
        if refusal.status in {401, 403}:
            raise InvalidApiKey from None
        if refusal.status == 404:
            raise AccountNotFound from None
        raise UserError("The account cannot be used. {words}", words=refusal) from None
