"""Deployments to a running platform in whose queue runs wait that the new version has changed or removed."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployments.speaking import Platform
from tests.end_to_end.live import ENDED, Live, until

pytestmark = pytest.mark.timeout(600)

CODE = """
import os, time
import dagster as dg

VERSION = 1
letters = dg.StaticPartitionsDefinition(["a", "b"])


@dg.op(config_schema={"until": str})
def wait(context: dg.OpExecutionContext) -> None:
    while not os.path.exists(context.op_config["until"]):
        time.sleep(0.1)


@dg.job(executor_def=dg.in_process_executor)
def flying() -> None:
    wait()


@dg.op
def tell(context: dg.OpExecutionContext) -> None:
    context.log.info(f"version {VERSION} speaks")


@dg.job(executor_def=dg.in_process_executor)
def staying() -> None:
    tell()


@dg.op(name=f"step_{VERSION}")
def numbered() -> None:
    pass


@dg.job(executor_def=dg.in_process_executor, partitions_def=letters)
def by_letter() -> None:
    numbered()


if VERSION == 1:
    @dg.job(executor_def=dg.in_process_executor)
    def leaving() -> None:
        tell()

    @dg.asset(key="leaving_asset")
    def leaving_asset() -> None:
        pass


@dg.asset(key="staying_asset")
def staying_asset() -> None:
    pass


@dg.asset(key="lettered", partitions_def=letters)
def lettered() -> None:
    pass


@dg.asset_check(asset="lettered", name=f"check_{VERSION}")
def check() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)
"""
_BACKFILL = """
mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }
"""
_STATUS = "query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"
_REPOSITORY = {"repositoryLocationName": "fleet", "repositoryName": "__repository__"}


class Waiting:
    """A platform, with jobs and assets in fleet that differ between versions."""

    def __init__(self, live: Live, folder: Path) -> None:
        self.live, self.folder = live, folder
        self.code = live.root / "code_locations/fleet/defs/waiting.py"

    def write(self, version: int) -> None:
        self.code.write_text(CODE.replace("VERSION = 1\n", f"VERSION = {version}\n"))

    def backfill(self, **params: Any) -> str:
        answer = self.live.ask(_BACKFILL, params={"partitionNames": ["a", "b"], **params})["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        return str(answer["backfillId"])

    def backfilled(self, backfill: str) -> str:
        """How a backfill ended."""

        def status() -> str:
            return str(self.live.ask(_STATUS, id=backfill)["partitionBackfillOrError"]["status"])

        until(lambda: status().startswith("COMPLETED"))
        return status()

    def tagged(self, key: str, value: str) -> list[dict[str, Any]]:
        return [run for run in self.live.runs() if {"key": key, "value": value} in run["tags"]]

    def successor(self, run: str) -> dict[str, Any]:
        [found] = self.tagged("data_platform/resubmitted_from", run)
        return self.live.ended(found["runId"])

    def messages(self, run: str) -> list[str]:
        return [event["message"] for event in self.live.run(run)["events"] if event.get("message")]

    def begin(self) -> "tuple[subprocess.Popen[str], Path]":
        """Start a deployment that waits for a run until a file is there."""
        file = self.folder / f"go on {time.monotonic()}"
        run = self.live.submit("fleet", "flying", {"ops": {"wait": {"config": {"until": str(file)}}}})
        until(lambda: self.live.run(run)["status"] == "STARTED")
        deploying = self.live.begin("deploy", "fleet", "--json")
        until(lambda: self.live.told("hold", "list") or deploying.poll() is not None)
        assert deploying.poll() is None, deploying.communicate()
        return deploying, file

    def finish(self, deploying: "subprocess.Popen[str]", file: Path) -> tuple[dict[str, Any], str]:
        """Let it go on to its end; what it printed."""
        file.touch()
        said, progress = deploying.communicate(timeout=200)
        assert deploying.returncode == 0, (said, progress)
        return json.loads(said), progress


@pytest.fixture(scope="module")
def waiting(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waiting]:
    """The first version is served."""
    waiting = Waiting(platform.live, tmp_path_factory.mktemp("files"))
    waiting.write(1)
    try:
        waiting.live.dp("deploy", "fleet")
        yield waiting
    finally:
        waiting.code.unlink()


def test_runs_that_waited_are_left_alone_submitted_anew_or_cancelled(waiting: Waiting) -> None:
    live = waiting.live
    waiting.write(2)
    deploying, file = waiting.begin()
    staying = live.submit("fleet", "staying")
    leaving = live.submit("fleet", "leaving")
    both = live.submit("fleet", "__ASSET_JOB", assets=("staying_asset", "leaving_asset"))
    one = live.submit("fleet", "__ASSET_JOB", assets=("leaving_asset",))
    same = live.submit("fleet", "__ASSET_JOB", assets=("staying_asset",))
    jobs = waiting.backfill(
        selector={"partitionSetName": "by_letter_partition_set", "repositorySelector": _REPOSITORY},
        forceSynchronousSubmission=True,
    )
    assert {live.run(run)["status"] for run in (staying, leaving, both, one, same)} == {"QUEUED"}
    lettered = [run["runId"] for run in waiting.tagged("dagster/backfill", jobs)]
    assert len(lettered) == 2
    document, progress = waiting.finish(deploying, file)

    assert "runs that waited: 2 cancelled, 3 submitted anew, 2 unchanged" in progress
    for run in (staying, same):
        assert live.ended(run)["status"] == "SUCCESS"
    assert "version 2 speaks" in waiting.messages(staying)

    why = f"since deployment {document['deployment']}, fleet has"
    assert live.run(leaving)["status"] == live.run(one)["status"] == "CANCELED"
    assert any(f"Cancelled: {why} no job leaving any more. " in message for message in waiting.messages(leaving))
    assert any("(gone: leaving_asset)" in message for message in waiting.messages(one))

    new = waiting.successor(both)
    assert new["status"] == "SUCCESS"
    assert [each["assetKey"]["path"] for each in new["assetMaterializations"]] == [["staying_asset"]]
    assert live.run(both)["status"] == "CANCELED"
    assert any(f"submitted anew as run {new['runId']}: {why}" in message for message in waiting.messages(both))

    succeeded = {waiting.successor(run)["runId"] for run in lettered}
    assert {run["runId"] for run in waiting.tagged("dagster/backfill", jobs)} == succeeded
    assert {live.run(run)["status"] for run in succeeded} == {"SUCCESS"}


@pytest.mark.slow
def test_a_backfill_whose_runs_are_submitted_anew_succeeds(waiting: Waiting) -> None:
    live = waiting.live
    waiting.write(3)
    deploying, file = waiting.begin()
    assets = waiting.backfill(assetSelection=[{"path": ["lettered"]}])
    jobs = waiting.backfill(selector={"partitionSetName": "by_letter_partition_set", "repositorySelector": _REPOSITORY})
    until(lambda: all(len(waiting.tagged("dagster/backfill", each)) == 2 for each in (assets, jobs)))
    old = [run["runId"] for each in (assets, jobs) for run in waiting.tagged("dagster/backfill", each)]
    _, progress = waiting.finish(deploying, file)
    assert "runs that waited: 4 submitted anew" in progress
    assert {live.run(run)["status"] for run in old} == {"CANCELED"}
    assert waiting.backfilled(assets) == waiting.backfilled(jobs) == "COMPLETED_SUCCESS"
    for run in old:
        assert waiting.successor(run)["status"] == "SUCCESS"
    assert all(run["status"] in ENDED for run in live.runs())
