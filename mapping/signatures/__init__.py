"""How a delivery proves who sent it: one small record per scheme, over the raw bytes, in constant time.

Every scheme takes several secrets, so that one can be rotated while deliveries with the old one still arrive.
Sources: shared reference channel-managers.md section 3, and what each module names.
"""

from mapping.signatures.hmac_hex import HmacHex, ruby_base64
from mapping.signatures.in_body import InBody
from mapping.signatures.in_headers import Basic, StaticHeader, TokenAlone
from mapping.signatures.scheme import RandomBytes, Scheme
from mapping.signatures.sns import Sns
from mapping.signatures.standard_webhooks import StandardWebhooks, StandardWebhooksOrBearer

__all__ = [
    "Basic", "HmacHex", "InBody", "RandomBytes", "Scheme", "Sns", "StandardWebhooks", "StandardWebhooksOrBearer",
    "StaticHeader", "TokenAlone", "ruby_base64",
]  # fmt: skip
