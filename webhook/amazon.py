"""What a receiver of Amazon SNS has to ask Amazon for: the certificate that signed a message, and to be subscribed.

The scheme has made sure that an address is Amazon's (`mapping.signatures.sns`), and whoever is not known by the token in
the URL never gets here. Where Amazon does not answer, the delivery is put off with 503, and Amazon tries again for an hour.
"""

import httpx

from mapping.errors import FaturaSyncError
from worker.certificates import Certificates

TIMEOUT = httpx.Timeout(3)
LARGEST_CERTIFICATE = 64 * 1024


class AmazonUnavailable(FaturaSyncError):
    """Amazon did not give what it was asked for. The text names no address: one holds the subscription's token."""


class Amazon:
    """Amazon, as one receiver process asks it. `transport` is the way there."""

    def __init__(self, certificates: Certificates, *, transport: httpx.BaseTransport | None = None) -> None:
        self._certificates = certificates
        self._client = httpx.Client(transport=transport, timeout=TIMEOUT, follow_redirects=False, trust_env=False)

    def certificate(self, url: str) -> bytes:
        """The certificate at `url`, in PEM. Raises `AmazonUnavailable`."""
        known = self._certificates.get(url)
        if known is not None:
            return known
        found = self._ask(url)
        if b"-----BEGIN CERTIFICATE-----" not in found or len(found) > LARGEST_CERTIFICATE:
            raise AmazonUnavailable("Amazon's answer is no certificate.")
        self._certificates.keep(url, found)
        return found

    def confirm(self, url: str) -> None:
        """Be subscribed from now on. Raises `AmazonUnavailable`."""
        self._ask(url)

    def _ask(self, url: str) -> bytes:
        try:
            answer = self._client.get(url)
        except httpx.RequestError as error:
            raise AmazonUnavailable(f"Amazon does not answer: {type(error).__name__}.") from None
        if not answer.is_success:
            raise AmazonUnavailable(f"Amazon answered {answer.status_code}.")
        return answer.content
