"""The account's series of document numbers, called sequences in its API (section 10)."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from mapping.fields import Id


class DocumentSequence(BaseModel):
    """One series: its id, which documents are made with, and its name."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    id: Id
    name: Id = Field(validation_alias="serie")


def sequence_named(sequences: Iterable[DocumentSequence], name: str) -> DocumentSequence | None:
    """The series of this name, or None. Capitals only count where two series differ in nothing else."""
    known = list(sequences)
    alike = [sequence for sequence in known if sequence.name.casefold() == name.strip().casefold()]
    exact = [sequence for sequence in alike if sequence.name == name.strip()]
    found = exact or alike
    return found[0] if len(found) == 1 else None
