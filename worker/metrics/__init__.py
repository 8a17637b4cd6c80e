"""What Prometheus is told, in its text form: read from the store, so that it is the same whichever process answers."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from worker.counters import counted_so_far
from worker.metrics.counted import counted_families
from worker.metrics.standing import standing_families
from worker.services import Services


def exposition(services: Services) -> bytes:
    """All metrics as they are now. docs/monitoring.md says what each of them means."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_House(services))
    return generate_latest(registry)


class _House(Collector):
    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """Each family of metrics once."""
        services = self._services
        connections = services.connections.all()
        yield from counted_families(
            counted_so_far(services.store), {connection.channel_manager for connection in connections}
        )
        yield from standing_families(services, connections)
