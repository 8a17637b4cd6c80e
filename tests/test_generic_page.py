"""What docs/channel-managers/generic.md shows is what the code takes."""

import io
import json
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery
from mapping.errors import UnreadableDelivery
from tests.samples import DELIVERIES

PAGE = (Path(__file__).parents[1] / "docs" / "channel-managers" / "generic.md").read_text("utf-8")
BODY, ANSWER = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
[SENDER] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
GENERIC = channel_managers()["generic"]


def test_its_body_is_a_sample_of_ours() -> None:
    sample = DELIVERIES / "generic" / "created-booking" / "body.json"
    assert json.loads(BODY) == json.loads(sample.read_bytes())


def test_its_refusal_is_what_such_a_body_is_told() -> None:
    wrong = json.loads(BODY)
    wrong["data"]["total"] = wrong["data"].pop("total_guest")
    with pytest.raises(UnreadableDelivery) as refusal:
        GENERIC.read(Delivery(body=json.dumps(wrong).encode()))
    told = [{"path": each.path, "message": each.message} for each in refusal.value.problems]
    assert told == json.loads(ANSWER)["errors"]


def test_its_sender_signs_what_is_verified(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sent: list[urllib.request.Request] = []

    def urlopen(request: urllib.request.Request, **_: Any) -> Any:
        sent.append(request)
        answer = io.BytesIO(b"{}")
        answer.status = 200  # type: ignore[attr-defined]
        return answer

    secret = GENERIC.scheme.fresh_secret(lambda count: bytes(range(count)))
    (tmp_path / "booking.json").write_text(BODY, "utf-8")
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(sys, "argv", ["send.py", str(tmp_path / "booking.json")])
    exec(SENDER.replace("whsec_...", secret), {})
    [request] = sent
    assert isinstance(request.data, bytes)
    headers = {name.lower(): value for name, value in request.header_items()}
    GENERIC.scheme.verify(Delivery(body=request.data, headers=headers), [secret])
