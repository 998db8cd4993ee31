"""A launcher for tests: it takes its time, notes when each run really started, and runs nothing but that."""

import threading
import time
from collections.abc import Mapping
from typing import Any

from dagster import DagsterEvent, Field

from benchmarks.gate_launcher import NotingLauncher
from data_platform.gate.private import ConfigurableClassData, LaunchRunContext

STARTED: dict[str, float] = {}
_lock = threading.Lock()


class SlowLauncher(NotingLauncher):
    """Every run lasts `seconds`."""

    def __init__(self, seconds: float, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self.seconds = seconds

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {"seconds": Field(float, default_value=0.05)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "SlowLauncher":
        return cls(config_value["seconds"], inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        instance, run = self._instance, context.dagster_run
        with _lock:
            assert run.run_id not in STARTED, "a run was started twice"
            STARTED[run.run_id] = time.monotonic()

        def execute() -> None:
            for kind in ("PIPELINE_START", "PIPELINE_SUCCESS"):
                instance.report_dagster_event(DagsterEvent(kind, run.job_name), run.run_id)
                time.sleep(self.seconds)

        threading.Thread(target=execute).start()
