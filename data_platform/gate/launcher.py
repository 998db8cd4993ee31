"""The last look before a run is started.

Why this and the deployer's count together let nothing through: a run is STARTING in the database before the launcher
looks for holds, and a hold is in the database before its holder counts the runs in flight. So either the launcher sees
the hold, or the holder sees the run.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any

from dagster import DagsterEvent, DagsterInstance, DagsterRun, DagsterRunStatus, Field
from sqlalchemy import text
from sqlalchemy.engine import Connection

from data_platform.errors import DataPlatformError
from data_platform.gate.hold import Hold
from data_platform.gate.instance import gate_tags, hold_on, holds_of
from data_platform.gate.notice import tell
from data_platform.gate.private import (
    CheckRunHealthResult,
    ConfigurableClass,
    ConfigurableClassData,
    LaunchRunContext,
    ResumeRunContext,
    RunLauncher,
)
from data_platform.instance.errors import InstanceError

_OURS = {"module": "data_platform.instance.launcher", "class": "ProcessRunLauncher"}
_LATE_SECONDS = 10.0
_log = logging.getLogger(__name__)


class GateRunLauncher(RunLauncher[DagsterInstance], ConfigurableClass):
    """Starts runs by another launcher, unless a hold has come in between: then the run goes back into the queue.

    In dagster.yaml::

        run_launcher:
          module: data_platform.gate.launcher
          class: GateRunLauncher
          config:
            launcher: { module: dagster_docker, class: DockerRunLauncher, config: { ... } }

    Args:
        launcher: starts the runs.
        inst_data: what Dagster keeps to make this launcher again in another process.
    """

    def __init__(self, launcher: RunLauncher[DagsterInstance], inst_data: ConfigurableClassData | None = None) -> None:
        self.launcher = launcher
        self._inst_data = inst_data
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in Dagster

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """What Dagster keeps to make this launcher again in another process."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """One optional setting: the launcher that starts the runs; without it, `ProcessRunLauncher`."""
        return {
            "launcher": Field(
                {"module": str, "class": str, "config": Field(dict, default_value={})},
                default_value={**_OURS, "config": {}},
            )
        }

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "GateRunLauncher":
        """Make it, and the launcher it uses, from dagster.yaml."""
        named = config_value["launcher"]
        data = ConfigurableClassData(named["module"], named["class"], _as_yaml(named["config"]))
        return cls(data.rehydrate(as_type=RunLauncher), inst_data)  # type: ignore[type-abstract]  # as Dagster calls it

    def register_instance(self, instance: DagsterInstance) -> None:
        """Become an instance's launcher."""
        super().register_instance(instance)
        self.launcher.register_instance(instance)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a run, or put it back into the queue."""
        asked, run = time.monotonic(), context.dagster_run
        try:
            hold = self._hold_on(run)
        except DataPlatformError as error:
            _log.warning("run %s goes back into the queue, since the holds cannot be read: %s", run.run_id, error)
            self._put_back(run, None)
            return
        # After an outage run monitoring may take the run for one that does not start; in the queue it is safe.
        if hold is None and time.monotonic() - asked < _LATE_SECONDS:
            self.launcher.launch_run(context)
        else:
            self._put_back(run, hold)

    def _hold_on(self, run: DagsterRun) -> Hold | None:
        """The hold on a run; while the database is away nothing is started, and nothing fails."""
        while True:
            try:
                return hold_on(holds_of(self._instance), run)
            except InstanceError:
                time.sleep(1)  # it has waited for half a minute already

    def _put_back(self, run: DagsterRun, hold: Hold | None) -> None:
        holds = holds_of(self._instance)

        def work(connection: Connection) -> bool:
            found = connection.execute(
                text("SELECT status FROM runs WHERE run_id = :run FOR UPDATE"), {"run": run.run_id}
            )
            if found.scalar() != DagsterRunStatus.STARTING.value:
                return False  # cancelled meanwhile, or back in the queue already
            if hold is not None:
                self._instance.add_run_tags(run.run_id, gate_tags(run))
            self._instance.report_dagster_event(DagsterEvent.job_enqueue(run), run_id=run.run_id)
            return True

        if holds.together(work) and hold is not None:
            tell(self._instance, holds, run, hold)

    def terminate(self, run_id: str) -> bool:
        """Stop a run."""
        return self.launcher.terminate(run_id)

    def resume_run(self, context: ResumeRunContext) -> None:
        """Start the process of a run in flight anew; a hold waits for runs in flight."""
        self.launcher.resume_run(context)

    @property
    def supports_resume_run(self) -> bool:
        """Whether a run in flight can get a new process."""
        return self.launcher.supports_resume_run

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether run monitoring may ask for the health of a run's process."""
        return self.launcher.supports_check_run_worker_health

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the process of a run lives."""
        return self.launcher.check_run_worker_health(run)

    def get_run_worker_debug_info(self, run: DagsterRun, include_container_logs: bool | None = True) -> str | None:
        """What is known of the process of a run that failed."""
        return self.launcher.get_run_worker_debug_info(run, include_container_logs)

    def dispose(self) -> None:
        """Free what the launcher holds."""
        self.launcher.dispose()

    def join(self, timeout: int = 30) -> None:
        """Wait for what the launcher has started."""
        self.launcher.join(timeout)


def _as_yaml(config: Mapping[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(dict(config))
