"""What API v3 has of a booking's guest and source: the paths to ask for them, and the answers put beside the booking.

https://developers.bookingsync.com/reference/endpoints/clients and sources. An answer is a list even of a single one. A list
without the guest says as much as a webhook without him.
"""

import re
from collections.abc import Sequence
from typing import Any

from mapping.channel_managers.smily.bodies import Beside, Links
from mapping.errors import UnreadableDelivery
from mapping.fetch import Answers

NUMBER = r"[0-9]{1,20}"
"""An id that may become part of an address."""
KINDS = ("clients", "sources")


def lacking(links: Links, beside: Beside) -> Sequence[str]:
    """The paths of the guest and of the source, as far as the booking has them and they do not stand beside it."""
    wanted = {"clients": links.client, "sources": links.source}
    known = {"clients": {each.id for each in beside.clients}, "sources": {each.id for each in beside.sources}}
    return [
        f"/api/v3/{kind}/{number}"
        for kind, number in wanted.items()
        if number and re.fullmatch(NUMBER, number) and number not in known[kind]
    ]


def with_answers(resource: Any, answers: Answers) -> Any:
    """`resource` with what the answers hold put beside its bookings. Raises `UnreadableDelivery` for what is no answer."""
    for number, answer in enumerate(answers):
        kind = next((kind for kind in KINDS if isinstance(answer, dict) and isinstance(answer.get(kind), list)), None)
        if kind is None or not isinstance(resource, dict):
            raise UnreadableDelivery.at(f"answers.{number}", "has neither clients nor sources")
        before = resource.get(kind)
        resource = {**resource, kind: [*(before if isinstance(before, list) else []), *answer[kind]]}
    return resource
