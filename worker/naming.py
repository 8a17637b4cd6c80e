"""What a booking's documents and client are called in InvoiceXpress: the same for every attempt, and unique."""

import re
import uuid

NAMESPACE = uuid.UUID("5f3b1c1e-55c9-5a0e-9d0a-3c8d6f1f7a11")
"""Of every name that is made here; never to be changed."""

PLAIN_SOURCE_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")


def uid(key: str, generation: int) -> str:
    """The `proprietary_uid` of the booking's document of this generation."""
    return str(uuid.uuid5(NAMESPACE, f"{key}#{generation}"))


def reference(channel_manager: str, source_id: str, generation: int) -> str:
    """What is printed on the document and looked up again: readable, and unique within the account."""
    return f"{reference_stem(channel_manager, source_id)}-{generation}"


def reference_stem(channel_manager: str, source_id: str) -> str:
    """What the references of all of a booking's documents begin with.

    A source id with other characters than plain ones, or a long one, is told by a short hash.
    """
    plain = source_id if PLAIN_SOURCE_ID.fullmatch(source_id) else uuid.uuid5(NAMESPACE, source_id).hex[:12]
    return f"FS-{channel_manager}-{plain}"


FINAL_CONSUMER_CODE = "FS-CONSUMIDOR-FINAL"
"""The code of the client that stands for every final consumer of an account."""


def client_code(key: str) -> str:
    """The code of the client that is the booking's guest: each booking has its own, so that no two guests share data."""
    return f"FS-{uuid.uuid5(NAMESPACE, key).hex[:20]}"
