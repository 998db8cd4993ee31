"""A launcher for tests: it takes its time, notes when each run really started, and runs nothing but that."""

import threading
import time
from collections.abc import Mapping
from typing import Any

from dagster import DagsterInstance, Field

from data_platform.gate.private import ConfigurableClass, ConfigurableClassData, LaunchRunContext, RunLauncher

STARTED: dict[str, float] = {}
_lock = threading.Lock()


class SlowLauncher(RunLauncher[DagsterInstance], ConfigurableClass):
    """Every run lasts `seconds`."""

    def __init__(self, seconds: float, inst_data: ConfigurableClassData | None = None) -> None:
        self.seconds, self._inst_data = seconds, inst_data
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in Dagster

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {"seconds": Field(float, default_value=0.05)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "SlowLauncher":
        return cls(config_value["seconds"], inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        from dagster import DagsterEvent

        instance, run = self._instance, context.dagster_run
        with _lock:
            assert run.run_id not in STARTED, "a run was started twice"
            STARTED[run.run_id] = time.monotonic()

        def execute() -> None:
            for kind in ("PIPELINE_START", "PIPELINE_SUCCESS"):
                instance.report_dagster_event(DagsterEvent(kind, run.job_name), run.run_id)
                time.sleep(self.seconds)

        threading.Thread(target=execute).start()

    def terminate(self, run_id: str) -> bool:
        return False
