"""Channel managers: one module or package each, one dialect each, none knows another.

It sets `CHANNEL_MANAGER`. Its name is the channel manager's name in URLs, on the command line and in the console; adding it
is all it takes to add one.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from mapping.delivery import Delivery, Named, Reading
from mapping.errors import UserError
from mapping.fetch import Fetch
from mapping.signatures import Scheme


@dataclass(frozen=True, kw_only=True)
class ChannelManager:
    """What is particular about one channel manager.

    `read` says what a verified delivery means and raises `UnreadableDelivery` where it does not have the known shape.
    """

    title: str  # as the vendor writes its own name
    scheme: Scheme
    read: Callable[[Delivery], Reading | Named]
    event_id: Callable[[Delivery], str | None] = lambda _delivery: None  # the same for a redelivery, else another
    kept: Callable[[bytes], bytes] = bytes  # a body without what may never be kept, such as a payment card
    says_currency: bool = True  # False: bodies never carry one, prices are in the account's own currency
    answers_problems: bool = False  # True: a body that cannot be read is refused with 422 and its problems
    commission: str = ""  # where the commission comes from, for the README's table
    tourist_tax: str = ""  # the same for the tourist tax
    gaps: str = ""  # what it does not send, or what is not verified
    fetch: Fetch | None = None  # how the bookings are fetched that its deliveries only name

    def accept_credentials(self, given: str) -> str:
        """`given` as it is to be kept, or `UserError` with what its form must be."""
        if self.fetch is None:
            raise UserError(
                "{title} sends whole bookings and is never asked: leave the credentials out.", title=self.title
            )
        return self.fetch.accept(given)


@cache
def channel_managers() -> Mapping[str, ChannelManager]:
    """Every channel manager by its name, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}").CHANNEL_MANAGER for name in names}
