"""The record of what people did: a line each, with who it was and from where."""

import structlog
from flask import request

from webhook.console.login import who

log = structlog.get_logger()


def audit(event: str, **facts: object) -> None:
    """Log what the person who is logged in did. Never a secret or a guest's data."""
    log.info(event, who=who(), address=request.remote_addr, **facts)
