"""The dashboard and the alert rules name only what is told, and docs/monitoring.md says all that is.

Prometheus' own `promtool` (in Debian's package `prometheus`) checks the rules, what they fire on, and each panel's query, if
it is on the PATH. Where it is not, the names and labels in each query are still checked against what `/metrics` tells.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # apprise brings it

from tests.processes import ROOT
from tests.told import Told
from tests.worker.desk import Desk
from worker.metrics import exposition
from worker.rq_worker import BookingWorker

DOCS = ROOT / "docs" / "monitoring"
PAGE = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
ALERTS = DOCS / "alerts.yml"
DASHBOARD: dict[str, Any] = json.loads((DOCS / "grafana-dashboard.json").read_text("utf-8"))
PROMTOOL = shutil.which("promtool")

RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]
]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES: Mapping[str, str] = {rule["alert"]: rule["expr"] for rule in RULES} | {
    f"{panel['id']} {panel['title']} {target['refId']}": target["expr"]
    for panel in PANELS
    for target in panel["targets"]
}
SELECTOR = re.compile(r"\b(faturasync_\w+)(?:\{([^}]*)\})?")
LABEL = re.compile(r'(\w+)\s*(=~|=|!=|!~)\s*"([^"]*)"')
GROUPED = re.compile(r"\b(?:by|on|without)\s*\(([^)]*)\)")
ROW = re.compile(r"^\| `(faturasync_\w+)` \| (\w+) \|([^|]*)\| .+ \|$", re.MULTILINE)


@pytest.fixture
def told(desk: Desk) -> Told:
    """What is told in a house where something of everything has happened."""
    desk.ring()
    desk.turn()
    desk.room.deliver(property_ref="casa-9")
    desk.room.to_rest()
    BookingWorker(desk.room.house.queue, between_jobs=lambda: None).register_birth()  # type: ignore[no-untyped-call]
    return Told.of(exposition(desk.room.house).decode())


def plain(query: str) -> str:
    """The query as Prometheus gets it from Grafana."""
    return query.replace("$__rate_interval", "5m").replace("$account", ".*")


def selectors(query: str) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    for name, labels in SELECTOR.findall(query):
        yield name, LABEL.findall(labels)


def test_each_query_names_metrics_and_labels_that_are_told(told: Told) -> None:
    for where, query in QUERIES.items():
        names = [name for name, _ in selectors(query)]
        assert names, where
        for name, labels in selectors(query):
            assert name in told.labels, f"{where}: {name}"
            assert {label for label, _, _ in labels} <= told.labels[name], f"{where}: {labels}"
        for grouped in GROUPED.findall(query):
            for label in re.findall(r"\w+", grouped):
                assert any(label in told.labels[name] for name in names), f"{where}: {label}"


def test_each_value_that_a_query_selects_is_one_that_can_be_told(told: Told) -> None:
    for where, query in QUERIES.items():
        for name, labels in selectors(plain(query)):
            for label, how, value in labels:
                known = {sample.labels.get(label) for sample in told.samples if sample.name == name}
                wanted = value.split("|") if "~" in how else [value]
                assert value == ".*" or set(wanted) <= known, f"{where}: {name} {label} {value}"


def test_the_check_finds_what_is_not_told(told: Told) -> None:
    ((name, labels),) = selectors('sum(faturasync_nothing_total{a="b", c=~"d|e"})')
    assert name not in told.labels
    assert labels == [("a", "=", "b"), ("c", "=~", "d|e")]


def test_the_page_says_every_metric_with_its_type_and_labels_and_no_other(told: Told) -> None:
    said = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in ROW.findall(PAGE)}
    assert {name.removesuffix("_total") for name in said} == set(told.families)
    suffixes = {"counter": "", "gauge": "", "histogram": "_bucket", "summary": "_sum"}
    for name, (kind, labels) in said.items():
        assert told.families[name.removesuffix("_total")] == kind, name
        assert told.labels[name + suffixes[kind]] - {"le"} == labels, name


def test_the_page_names_every_alert_with_its_severity() -> None:
    said = re.findall(r"^\| `(FaturaSync\w+)` \| (\w+) \|", PAGE, re.MULTILINE)
    assert dict(said) == {rule["alert"]: rule["labels"]["severity"] for rule in RULES}


def test_each_alert_says_what_is_wrong_what_to_do_and_waits_for_a_while() -> None:
    for rule in RULES:
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]
        assert rule["annotations"]["todo"].endswith("."), rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["for"], rule["alert"]
    assert len(RULES) <= 12  # alarms that nobody reads are worse than none


def test_the_dashboard_asks_the_chosen_prometheus_and_no_other() -> None:
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    for asking in [*PANELS, *(target for panel in PANELS for target in panel["targets"]), variables["account"]]:
        assert asking["datasource"] == chosen
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(panel["description"] for panel in PANELS)


def test_promtool_takes_the_rules_and_every_query(tmp_path: Path) -> None:
    """With promtool its whole judgement; without it, only that each query's brackets and quotes are closed."""
    for where, query in QUERIES.items():
        outside = re.sub(r'"[^"]*"', "", query)
        assert '"' not in outside, where
        assert all(outside.count(left) == outside.count(right) for left, right in ("()", "{}", "[]")), where
    if PROMTOOL is None:
        return
    queries = [
        {"record": f"panel:{number}", "expr": plain(query)} for number, query in enumerate(QUERIES.values(), start=1)
    ]
    panels = tmp_path / "panels.yml"
    panels.write_text(json.dumps({"groups": [{"name": "panels", "rules": queries}]}))
    fires = Path(__file__).with_name("alerts.test.yml")
    for words in (["check", "rules", str(ALERTS), str(panels)], ["test", "rules", str(fires)]):
        done = subprocess.run([PROMTOOL, *words], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
