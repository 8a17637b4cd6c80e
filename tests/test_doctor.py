"""`faturasync doctor` on what really runs: exit code 0 where all is well, 1 and a sentence for each thing that is not."""

from contextlib import ExitStack, closing
from pathlib import Path

import httpx
from redis import Redis

from tests.processes import PLAIN, Processes, end, sandbox
from tests.waiting import until
from worker.embedded import EmbeddedStore
from worker.sweeper import SWEPT_AT
from worker.vault import fresh_key


def test_what_runs_well_is_good_and_each_fault_is_told(tmp_path: Path) -> None:
    with ExitStack() as stack:
        store = stack.enter_context(EmbeddedStore(tmp_path / "store"))
        processes = stack.enter_context(
            Processes(
                tmp_path / "run", REDIS_URL=store.url, FATURASYNC_SECRET_KEYS=fresh_key(),
                FATURASYNC_PUBLIC_URL="https://hooks.example.pt",
            )
        )  # fmt: skip
        url = stack.enter_context(sandbox(processes, ("casa", "key-of-casa")))
        processes.environment["INVOICEXPRESS_URL"] = f"{url}/{{account}}"
        processes.run("account", "add", "casa", "--subdomain", "casa", "--api-key-file", "-", given="key-of-casa")
        processes.run("property", "add", "casa", "Casa da Ria", "--location", "mainland")
        worker = processes.start("worker", "worker")
        until(lambda: "worker-started" in processes.log("worker"), what="a worker")
        client = stack.enter_context(closing(Redis.from_url(store.url)))
        until(lambda: client.exists(SWEPT_AT), what="a sweep")

        well = processes.run("doctor", "--json").json
        assert {each["level"] for each in well} == {"good"}
        assert [each["place"] for each in well] == ["store", "secret keys", "account casa", "clock", "work"]

        assert end(worker) == 0
        httpx.post(f"{url}/_sandbox/accounts", json={"name": "casa", "key": "another"}, **PLAIN).raise_for_status()
        client.config_set("appendfsync", "no")
        client.config_set("maxmemory-policy", "allkeys-lru")
        ill = processes.run("doctor", code=1).out.splitlines()
    faults = [line.removeprefix("FAULT").strip() for line in ill if line.startswith("FAULT")]
    assert [fault.split(":")[0] for fault in faults] == ["store", "store", "account casa", "work"]
    assert "work: No worker is alive. Start one: faturasync worker" in faults
    assert any("Set maxmemory-policy noeviction." in fault for fault in faults)
