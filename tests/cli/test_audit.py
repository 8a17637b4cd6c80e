"""What is changed on the command line is told in the audit, without a key or secret."""

import getpass
from collections.abc import Callable

import pytest

from tests.cli.conftest import KEY, Run
from worker.services import Services


@pytest.fixture
def acts(house: Services) -> Callable[[], list[tuple[str, str, dict[str, object], dict[str, object]]]]:
    def told() -> list[tuple[str, str, dict[str, object], dict[str, object]]]:
        found = house.audit.acts()
        assert {act.who for act in found} <= {f"cli:{getpass.getuser()}"}
        return [(act.what, act.about, dict(act.was), dict(act.became)) for act in reversed(found)]

    return told


def test_settings(run: Run, acts: Callable[[], object]) -> None:
    run("account", "add", "casa", "--subdomain", "casa", given=KEY)
    run("account", "set", "casa", "--basis", "gross")
    run("account", "set", "casa", given=KEY)
    run("property", "add", "casa", "Casa da Ria", "--location", "mainland", "--listing", "smoobu:1")
    run("property", "set", "casa", "Casa da Ria", "--location", "madeira", "--listing", "smoobu:2")
    run("property", "remove", "casa", "Casa da Ria")
    run("account", "remove", "casa")
    assert acts() == [
        ("account-added", "casa", {}, {"account": "casa", "subdomain": "casa", "commission": {}}),
        ("account-set", "casa", {}, {"basis": "gross"}),
        ("account-set", "casa", {}, {"api_key": "changed"}),
        (
            "property-added", "casa Casa da Ria", {},
            {"account": "casa", "property": "Casa da Ria", "listings": ["smoobu:1"], "location": "mainland", "commission": {}},
        ),
        (
            "property-set", "casa Casa da Ria",
            {"listings": ["smoobu:1"], "location": "mainland"},
            {"listings": ["smoobu:1", "smoobu:2"], "location": "madeira"},
        ),
        ("property-removed", "casa Casa da Ria", {}, {}),
        ("account-removed", "casa", {}, {}),
    ]  # fmt: skip


def test_connections(run: Run, casa: str, house: Services, acts: Callable[[], list[tuple[object, ...]]]) -> None:
    made = run("connection", "add", casa, "generic", "--json").json
    run("connection", "rotate", "casa-generic")
    run("connection", "rotate", "casa-generic", "--url", "--drop-old")
    run("connection", "add", casa, "channex", "--credentials-file", "-", given="canary-credentials")
    run("connection", "set", "casa-channex", "--credentials-file", "-", given="canary-credentials-2")
    run("connection", "remove", "casa-generic")
    assert [act[:2] + act[3:] for act in acts()[2:]] == [
        ("connection-added", "casa-generic", {}),
        ("connection-rotated", "casa-generic", {"secret": "changed"}),
        ("connection-rotated", "casa-generic", {"url": "changed", "secret": "changed", "old": "dropped"}),
        ("connection-added", "casa-channex", {}),
        ("connection-set", "casa-channex", {"credentials": "changed"}),
        ("connection-removed", "casa-generic", {}),
    ]
    kept = b"\n".join(house.store.lrange("fs:audit", 0, -1)).decode()
    for canary in (KEY, made["secret"], made["url"].rpartition("/")[2], "canary-credentials"):
        assert canary not in kept


def test_a_user_without_a_name_is_told_by_number(
    run: Run, casa: str, house: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    run("property", "remove", casa, "Casa da Ria")
    assert house.audit.acts()[0].who.removeprefix("cli:").isdecimal()


def test_the_audit_is_told_to_people_and_to_scripts(run: Run, casa: str) -> None:
    run("account", "set", casa, "--basis", "gross")
    run("account", "set", casa, "--basis", "net")
    told = run("audit", "--about", casa, "--limit", "1", "--json").json
    assert [(act["who"], act["what"], act["about"], act["from"], act["to"]) for act in told] == [
        (f"cli:{getpass.getuser()}", "account-set", "casa", {"basis": "gross"}, {"basis": "net"})
    ]
    assert "basis: gross -> net" in run("audit").out
    assert run("audit", "--about", "quinta").out == "Nothing was done yet.\n"


def test_lists_and_settings_by_channel_are_told_as_people_write_them(run: Run, casa: str) -> None:
    run("property", "set", casa, "Casa da Ria", "--listing", "smoobu:7", "--commission", "airbnb=15")
    said = run("audit", "--limit", "1").out
    assert "listings: smoobu:2210045 -> smoobu:2210045, smoobu:7" in said
    assert "commission: airbnb 15" in said
    assert not {"{", "["} & set(said)
