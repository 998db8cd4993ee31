"""A launcher for benchmarks: it notes when it was given a run, and runs nothing but the run's events."""

import threading
import time
from typing import Any

from dagster import DagsterEvent, DagsterInstance

from data_platform.gate.private import ConfigurableClass, ConfigurableClassData, LaunchRunContext, RunLauncher

RUN = "run"  # name of the threads that runs are
STARTED: dict[str, float] = {}  # by code location: when a run of it was started last
HOLDING: dict[str, threading.Event] = {}  # by code location: its next run ends when this is set


class NotingLauncher(RunLauncher[DagsterInstance], ConfigurableClass):
    """Runs end at once, but for the next ones of locations in `HOLDING`."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in Dagster

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """As Dagster asks for it."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Nothing."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "NotingLauncher":
        """From dagster.yaml."""
        return cls(inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Note the moment."""
        run, moment = context.dagster_run, time.perf_counter()
        location = run.tags["dagster/code_location"]
        STARTED[location] = moment
        ended = HOLDING.pop(location, None)

        def execute() -> None:
            self._instance.report_dagster_event(DagsterEvent("PIPELINE_START", run.job_name), run.run_id)
            if ended:
                ended.wait()
            self._instance.report_dagster_event(DagsterEvent("PIPELINE_SUCCESS", run.job_name), run.run_id)

        threading.Thread(target=execute, name=RUN).start()

    def terminate(self, run_id: str) -> bool:
        """Nothing can be stopped."""
        return False
