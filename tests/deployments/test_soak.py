"""Deployments of every kind, pushed at random moments into a stream of runs, a schedule and a backfill."""

import os
import random

import pytest

from tests.deployments.soak import Soak
from tests.deployments.soak_rows import violations
from tests.deployments.speaking import Platform
from tests.deployments.watching import watched

# DATA_PLATFORM_TEST_SEED repeats what was pushed, though not the moments at which the machine came to it
SEED = int(os.environ.get("DATA_PLATFORM_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
TEN_MINUTES = pytest.param(630, marks=pytest.mark.slow, id="ten minutes")


@pytest.mark.timeout(2400)
@pytest.mark.parametrize("seconds", [pytest.param(30, id="a minute"), TEN_MINUTES])
def test_no_run_notices_the_deployments(platform: Platform, seconds: float) -> None:
    print(f"seed {SEED}")
    soak = Soak(platform.live, SEED)
    try:
        with watched(platform.live, pause=0.5) as seen:
            rows, promised = soak.run(seconds)
    finally:
        print("\n".join(soak.log))
    assert soak.problems == []
    assert seen.errors == set(), "the user interface showed a broken code location"
    assert violations(rows, promised) == []
    succeeded = [each for each in rows.deployments if each.outcome == "succeeded"]
    print(
        f"{len(rows.runs)} runs, {len(rows.deployments)} deployments, {len(succeeded)} succeeded, {len(rows.gaps)} gaps"
    )
    assert succeeded
    assert len(promised.submitted) > seconds / 20
    assert any(run.exempt for run in rows.runs)
