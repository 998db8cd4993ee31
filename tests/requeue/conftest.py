"""Code servers of two versions of one unit, and runs made with one of them."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import AssetCheckKey, AssetKey, DagsterInstance, DagsterRun, DagsterRunStatus

from data_platform.gate import Hold, Holds
from data_platform.requeue.after_deployment import sort_out
from data_platform.requeue.code_servers import code_servers
from data_platform.requeue.private import JobSubsetSelector, SubmitRunContext
from tests.end_to_end.live import until
from tests.gate.conftest import database, holds, instance, url

__all__ = ["database", "holds", "instance", "url"]


@pytest.fixture(scope="session")
def workspaces() -> Iterator[dict[str, Path]]:
    """Path of the workspace by version."""
    with tempfile.TemporaryDirectory(prefix="dp-") as name:
        folder, servers = Path(name), []
        for version in ("old", "new"):
            command = [sys.executable, "-m", "dagster", "api", "grpc", "-m", "tests.requeue.versions"]
            socket = folder / f"{version}.sock"
            servers.append(
                subprocess.Popen(
                    [*command, "--socket", str(socket), "--location-name", "fleet"],
                    env={**os.environ, "UNIT_VERSION": version},
                    stderr=subprocess.DEVNULL,
                )
            )
            listed = [{"grpc_server": {"socket": str(socket), "location_name": "fleet"}}]
            (folder / f"{version}.yaml").write_text(yaml.safe_dump({"load_from": listed}))
        (folder / "none.yaml").write_text("load_from: []")
        away = [{"grpc_server": {"socket": str(folder / "away.sock"), "location_name": "fleet"}}]
        (folder / "away.yaml").write_text(yaml.safe_dump({"load_from": away}))
        for version in ("old", "new"):
            until((folder / f"{version}.sock").exists, 60)
        yield {path.stem: path for path in folder.glob("*.yaml")}
        for each in servers:
            each.kill()
            each.wait()


@dataclass
class Unit:
    """The unit, whose code is being changed while it is held."""

    instance: DagsterInstance
    workspaces: dict[str, Path]
    hold: Hold

    def submit(
        self,
        job: str,
        *,
        version: str = "old",
        assets: tuple[str, ...] | None = None,
        checks: tuple[str, ...] | None = None,
        steps: tuple[str, ...] | None = None,
        **given: Any,
    ) -> str:
        """Put a run into the queue, as the webserver does."""
        with code_servers(self.instance, self.workspaces[version]) as servers:
            location = servers.get("fleet")
            assert location
            chosen = JobSubsetSelector(
                location_name="fleet",
                repository_name="__repository__",
                job_name=job,
                op_selection=None,
                asset_selection=None if assets is None else {AssetKey(name) for name in assets},
                asset_check_selection=(
                    None if checks is None else {AssetCheckKey(AssetKey("kept"), name) for name in checks}
                ),
            )
            found, config = location.get_job(chosen), given.pop("run_config", {})
            plan = location.get_execution_plan(found, config, steps, None, self.instance).execution_plan_snapshot
            run = self.instance.create_run(
                job_name=job,
                run_id=None,
                run_config=config,
                status=DagsterRunStatus.NOT_STARTED,
                tags={**found.run_tags, **given.pop("tags", {})},
                root_run_id=given.get("parent"),
                parent_run_id=given.get("parent"),
                step_keys_to_execute=plan.step_keys_to_execute,
                execution_plan_snapshot=plan,
                job_snapshot=found.job_snapshot,
                parent_job_snapshot=found.parent_job_snapshot,
                asset_selection=found.asset_selection if assets is not None else None,
                asset_check_selection=found.asset_check_selection if checks is not None else None,
                resolved_op_selection=None,
                op_selection=None,
                remote_job_origin=found.get_remote_origin(),
                job_code_origin=found.get_python_origin(),
                asset_graph=location.get_repository("__repository__").asset_graph,
            )
        self.instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None))  # type: ignore[arg-type]  # the coordinator reads no workspace
        return run.run_id

    def deploy(self, version: str = "new", told: Callable[[str], None] = lambda line: None) -> dict[str, int]:
        """What a deployment does with the runs that wait when this version is served; it is deployment 7."""
        return dict(sort_out(self.instance, [self.hold], self.workspaces[version], 7, told))

    def run(self, run_id: str) -> DagsterRun:
        run = self.instance.get_run_by_id(run_id)
        assert run
        return run

    def status(self, run_id: str) -> str:
        return self.run(run_id).status.value

    def messages(self, run_id: str) -> list[str]:
        return [entry.message for entry in self.instance.all_logs(run_id) if entry.message]

    def waiting(self) -> list[DagsterRun]:
        return [run for run in self.instance.get_runs() if run.status == DagsterRunStatus.QUEUED]


@pytest.fixture
def unit(instance: DagsterInstance, holds: Holds, workspaces: dict[str, Path]) -> Unit:
    [hold] = holds.acquire(["fleet"], reason="a deployment", owner="jana", deployment="7")
    assert holds.to_applying([hold.id])
    return Unit(instance, workspaces, hold)
