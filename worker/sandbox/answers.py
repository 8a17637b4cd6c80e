"""What goes back: bodies, the shapes that errors take, and refusals on their way there."""

import json
from decimal import Decimal

from flask import Response

from worker.sandbox.switches import Settings
from worker.sandbox.texts import Text

HTML = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"


class Refused(Exception):
    """A request that InvoiceXpress does not carry out.

    `shape` is one of reference 9.2: `list`, `object`, `texts`, `reason`, `code`, `names`, or `empty` and `html`;
    without it, the account's `error_shape`.
    """

    def __init__(self, status: int, *texts: Text, shape: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(status, *texts)
        self.status = status
        self.texts = texts
        self.shape = shape
        self.headers = headers or {}


def refuse(*texts: Text) -> Refused:
    """A 422 in the account's own shape."""
    return Refused(422, *texts)


def json_answer(body: object, status: int = 200) -> Response:
    """JSON as InvoiceXpress writes it: non-ASCII escaped, numbers as floats (reference 1.1, 13.17)."""
    text = json.dumps(body, default=_as_number)
    return Response(text, status, content_type="application/json; charset=utf-8")


def empty_answer(status: int = 200, body: str = "") -> Response:
    """JSON by its content type, with nothing in it."""
    return Response(body, status, content_type="application/json; charset=utf-8")


def html_answer(status: int, title: str) -> Response:
    """The page of a web server or a proxy in the way."""
    return Response(HTML.format(title=title), status, content_type="text/html; charset=utf-8")


def refusal(refused: Refused, settings: Settings) -> Response:
    """The answer that a refusal becomes."""
    said = [text.say(settings["language"]) for text in refused.texts]
    shape = refused.shape or settings["error_shape"]
    if shape == "html":
        answer = html_answer(refused.status, " ".join(said))
    elif shape == "empty":
        answer = empty_answer(refused.status)
    else:
        answer = json_answer(_body(said, str(shape)), refused.status)
    answer.headers.update(refused.headers)
    return answer


def _body(said: list[str], shape: str) -> object:
    together = ", ".join(said)
    match shape:
        case "object":
            return {"errors": {"error": together}}
        case "texts":
            return {"errors": said}
        case "reason":
            return {"reason": together}
        case "code":
            return {"errors": {"code": "004", "message": together}}
        case "names":
            return [["name", text] for text in said]
        case _:
            return {"errors": [{"error": text} for text in said]}


def _as_number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
