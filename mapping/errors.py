"""What can go wrong, named by whose turn it is.

    FaturaSyncError
    ├── UnverifiedDelivery        nobody's: refused with 401, not stored
    ├── UnreadableDelivery        ours: the vendor's dialect changed; names the path in the body
    ├── InvoiceXpressUnavailable  time's: network, 5xx. With the next, the only one that is retried by itself
    │   ├── TooManyRequests       429: nothing was done
    │   ├── TurnComesLater        ours: the account's limit is spent, nothing was sent
    │   └── AccountPaused         a person's, who paused the account: nothing was sent until it is resumed
    ├── ChannelManagerUnavailable time's: the same of a channel manager that is asked for a booking
    │   └── BookingNotFound       it answered that there is none, which never means "cancelled"
    ├── ChannelManagerRejected    a person's: 401, 403
    │   └── NoCredentials         a person's: there is nothing to ask it with
    ├── InvoiceXpressRejected     a person's: 401, 404, 422; carries InvoiceXpress's own words
    └── UserError                 the person's at the keyboard: one sentence, exit code 1

"Not ours to invoice" and "a person must decide" are values (`mapping.desired`), not errors. No message of these
carries a key, a secret, a token or a guest's data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import ValidationError


class FaturaSyncError(Exception):
    """Any fault that FaturaSync names itself; its text may be logged and shown."""


class UserError(FaturaSyncError):
    """What a person gave cannot be used; the text is one sentence that says what to do.

    It is `template` with `facts` for the names in braces, so that it can be said in another language too.
    """

    def __init__(self, template: str, **facts: object) -> None:
        self.template = template
        self.facts: Mapping[str, object] = facts
        super().__init__(template.format_map(facts) if facts else template)


class UnverifiedDelivery(FaturaSyncError):
    """The signature or secret of a delivery is missing or wrong; the text says which, never its value."""


# pydantic's errors whose own words speak of Python; by type, https://docs.pydantic.dev/latest/errors/validation_errors
PLAIN_WORDS = {
    "missing": "is missing or empty",
    "extra_forbidden": "is not a field that is known here",
    "model_type": "must be an object",
    "tuple_type": "must be a list",
    "string_unicode": "has half a character (a lone surrogate)",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One wrong place in a body: `path` as the vendor names it ("booking.date_arrival"), and what is wrong there."""

    path: str
    message: str


class UnreadableDelivery(FaturaSyncError):
    """A verified body that does not have the shape we know. `problems` names each path, never a value."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in self.problems))

    @classmethod
    def at(cls, path: str, message: str) -> Self:
        """The error for a single place."""
        return cls([Problem(path=path, message=message)])

    @classmethod
    def of(cls, error: ValidationError, *, under: str = "") -> Self:
        """The error for what pydantic found wrong, its paths put below `under`. Input values are left out."""
        return cls(
            [
                Problem(
                    path=".".join([*([under] if under else []), *(_printable(part) for part in found["loc"])])
                    or "body",
                    message=PLAIN_WORDS.get(found["type"]) or found["msg"].removeprefix("Value error, "),
                )
                for found in error.errors(include_url=False, include_context=False, include_input=False)
            ]
        )


def _printable(part: str | int) -> str:
    """A key of a body as it may be logged: the vendor's own unless a stranger made it."""
    return str(part)[:60].encode("utf-8", "replace").decode()


class InvoiceXpressUnavailable(FaturaSyncError):
    """InvoiceXpress did not answer, or asked to come back later.

    `sent` is true where the request may have been carried out all the same (a lost answer): the outcome is unknown.
    `retry_after` is what InvoiceXpress asked for, in seconds.
    """

    def __init__(self, message: str, *, sent: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.sent = sent
        self.retry_after = retry_after


class TooManyRequests(InvoiceXpressUnavailable):
    """InvoiceXpress answered 429; it has done nothing."""

    def __init__(self, message: str, *, retry_after: float | None) -> None:
        super().__init__(message, sent=False, retry_after=retry_after)


class TurnComesLater(InvoiceXpressUnavailable):
    """The account's limit is spent: the booking has a place in its line that comes up in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__("The account's requests of this minute are spent.", sent=False, retry_after=seconds)
        self.seconds = seconds


class AccountPaused(InvoiceXpressUnavailable):
    """A person has paused the account: nothing is asked for it until somebody resumes it."""

    def __init__(self, account: str) -> None:
        super().__init__(f"The account {account} is paused. Resume it: faturasync resume {account}", sent=False)


class InvoiceXpressRejected(FaturaSyncError):
    """InvoiceXpress understood and refused. `status` is HTTP's; `words` are its own, in the account's language."""

    def __init__(self, status: int, words: Sequence[str]) -> None:
        self.status = status
        self.words = tuple(words)
        super().__init__(f"InvoiceXpress answered {status}: {'; '.join(self.words) or 'without a reason'}")


class ChannelManagerUnavailable(FaturaSyncError):
    """A channel manager did not answer when it was asked for a booking, or asked to come back in `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BookingNotFound(ChannelManagerUnavailable):
    """The channel manager says that it has no such booking, though it has just told of it: it lags behind itself."""


class ChannelManagerRejected(FaturaSyncError):
    """The channel manager refused the connection's credentials."""


class NoCredentials(ChannelManagerRejected):
    """The connection has no credentials to ask the channel manager with."""
