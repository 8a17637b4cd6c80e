"""An update while everything runs: once a newer program has the store, the older one's processes make way."""

from contextlib import ExitStack, closing
from pathlib import Path

from tests.casa import casa
from tests.processes import Processes, end
from tests.waiting import until
from worker.embedded import EmbeddedStore
from worker.records import BookingStatus
from worker.store import connect
from worker.store_version import NEWEST
from worker.vault import fresh_key

REFUSAL = (
    f"Error: The store is of version {NEWEST + 1} and this program knows {NEWEST}: start FaturaSync 9.8.7 or newer, or put "
    "back a copy that was made before the update (docs/backup.md)."
)


def test_workers_leave_and_the_receiver_keeps_what_comes_for_the_newer_program(tmp_path: Path) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedStore(tmp_path / "store"))
        processes = stack.enter_context(
            Processes(
                tmp_path / "run", REDIS_URL=server.url, CONSOLE_PASSWORD="open sesame",
                FATURASYNC_SECRET_KEYS=fresh_key(),
            )
        )  # fmt: skip
        host = stack.enter_context(casa(processes))
        store = stack.enter_context(closing(connect(server.url)))
        house = host.set_up(store)
        receiver = processes.start("receiver", "receiver", "--port", str(host.port), "--processes", "1")
        worker = processes.start("worker", "worker")
        host.deliver(1)
        until(host.documents, what="a draft")
        assert (store.get("fs:version") or b"").split()[0] == b"%d" % NEWEST

        store.set("fs:version", f"{NEWEST + 1} 9.8.7")
        assert worker.wait(10) == 1
        assert processes.log("worker").splitlines()[-1] == REFUSAL
        assert host.deliver(2) == "queued"
        assert processes.run("worker", code=1).err.splitlines()[-1] == REFUSAL

        store.delete("fs:version")  # from now on this program stands for the newer one
        newer = processes.start("newer", "worker")
        until(lambda: len(host.documents()) == 2, what="the draft of what was kept")
        until(lambda: len(house.ledger.keys_of(BookingStatus.DRAFTED)) == 2, what="the end of the second job")
        assert [end(each) for each in (receiver, newer)] == [0, 0]
