"""A stream of runs and a stream of deployments let each other pass."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data_platform.instance.embedded import EmbeddedPostgres
from tests.deployments.soak_rows import Gap, RunRow, read_rows
from tests.deployments.speaking import Platform
from tests.end_to_end.live import until

# between a run's end and the gap, or the gap's end and a run: seconds on a machine that is busy with other things
SOON = 10.0


@contextmanager
def stream(platform: Platform) -> Iterator[dict[str, float]]:
    """Submit a run of fleet every two seconds; gives when each was submitted."""
    submitted: dict[str, float] = {}
    over = threading.Event()

    def submit() -> None:
        while not over.wait(2):
            submitted[platform.speak()] = time.time()

    thread = threading.Thread(target=submit)
    thread.start()
    try:
        yield submitted
    finally:
        over.set()
        thread.join()


@pytest.mark.timeout(600)
def test_streams_of_runs_and_of_deployments_of_one_unit_let_each_other_pass(platform: Platform, tmp_path: Path) -> None:
    live, began = platform.live, time.time()
    flying = platform.speak(tmp_path / "go on")
    until(lambda: platform.status_of(flying) == "STARTED")
    first = platform.begin("fleet", "--reason", "the first")
    with stream(platform) as submitted:
        number = int(platform.latest()["deployment"])
        second = live.begin("deploy", "fleet", "--reason", "the second")
        platform.reads(second, "waiting")
        (tmp_path / "go on").touch()
        for deploying in (first, second):
            _, told = deploying.communicate(timeout=300)
            assert deploying.returncode == 0, told
    for run in submitted:
        assert live.ended(run)["status"] == "SUCCESS"

    rows = read_rows(EmbeddedPostgres(live.state).url, began, number)
    runs = {run.run_id: run for run in rows.runs}
    one, two = sorted(rows.gaps, key=lambda gap: gap.begun)
    assert 0 < one.begun - _ended(runs[flying]) < SOON, "the stream delays no drain"

    waited = [run for run, moment in submitted.items() if moment < one.ended]
    assert waited
    starts = sorted(_begun(runs[run]) for run in waited)
    assert one.ended < starts[0], "none starts before the gap is closed"
    assert starts[-1] < two.begun, "all start before the next one"
    assert starts[0] - one.ended < SOON
    assert not [run for run in submitted if _overlaps(runs[run], one) or _overlaps(runs[run], two)]
    states = [row["state"] for row in json.loads(live.dp("deploy", "history", "--limit", "2", "--json"))]
    assert states == ["succeeded", "succeeded"]


def _begun(run: RunRow) -> float:
    assert run.begun is not None
    return run.begun


def _ended(run: RunRow) -> float:
    assert run.ended is not None
    return run.ended


def _overlaps(run: RunRow, gap: Gap) -> bool:
    return _begun(run) < gap.ended and _ended(run) > gap.begun
