"""What `/metrics` tells, read by the parser of Prometheus' own library."""

from dataclasses import dataclass
from math import isfinite
from typing import Self

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


@dataclass(frozen=True)
class Told:
    """One answer. Every family and every sample stands in it once."""

    text: str
    families: dict[str, str]  # name -> type
    samples: list[Sample]

    @classmethod
    def of(cls, text: str) -> Self:
        found = list(text_string_to_metric_families(text))
        samples = [sample for family in found for sample in family.samples]
        assert len({family.name for family in found}) == len(found)
        assert len({(sample.name, *sorted(sample.labels.items())) for sample in samples}) == len(samples)
        assert all(family.documentation for family in found)
        return cls(text, {family.name: family.type for family in found}, samples)

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of the samples of faturasync_`name` that have these labels; there is at least one."""
        found = [
            sample.value
            for sample in self.samples
            if sample.name == f"faturasync_{name}" and labels.items() <= sample.labels.items()
        ]
        assert found, f"No faturasync_{name} with {labels}"
        return sum(found)

    def counted(self, name: str) -> dict[str, float]:
        """What is not 0 of faturasync_`name`, by its labels' values."""
        return {
            " ".join(sample.labels.values()): sample.value
            for sample in self.samples
            if sample.name == f"faturasync_{name}" and sample.value
        }

    @property
    def labels(self) -> dict[str, set[str]]:
        """The names of labels of each sample's name."""
        found: dict[str, set[str]] = {}
        for sample in self.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
        return found

    @property
    def never_falls(self) -> dict[tuple[str, ...], float]:
        """Every counter, by its name and labels."""
        suffixes = ("_total", "_bucket", "_sum", "_count")
        return {
            (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): sample.value
            for sample in self.samples
            if sample.name.endswith(suffixes) and isfinite(sample.value)
        }
