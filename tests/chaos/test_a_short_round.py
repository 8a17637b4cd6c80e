"""A round on real processes, as `scripts/chaos` runs longer ones: whatever happens, one draft for each live booking."""

import os
from pathlib import Path

import pytest

from tests.chaos.plan import Kill, make_plan
from tests.chaos.rounds import run_round

SEED = 1
BOOKINGS = 200
STORM_SECONDS = 12
PATIENCE_SECONDS = 110


@pytest.mark.timeout(240)
def test_every_live_booking_has_one_draft_whatever_happens(tmp_path: Path) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or SEED)
    plan = make_plan(seed, bookings=BOOKINGS, seconds=STORM_SECONDS)
    result = run_round(plan, tmp_path / "round", hurry=True, patience=PATIENCE_SECONDS)
    told = "\n".join([f"CHAOS_SEED={seed}", *map(str, result.differences), *result.notes])
    assert not result.differences, told
    assert result.documents == result.live > BOOKINGS / 2, told
    assert result.kills.keys() == set(Kill) - {Kill.FROZEN, Kill.FORGETFUL}, told
    assert sum(count > 0 for fault, count in result.faults.items() if fault.startswith("fault: ")) >= 8, told
