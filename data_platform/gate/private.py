"""Every import of a private Dagster module in this room.

Dagster names no public way to write a run launcher or to add to a run coordinator; what stands here is what these need.
`tests/gate/test_private.py` pins what this room relies on, so that a Dagster release that changes it fails there first.
"""

from dagster._core.events import EngineEventData
from dagster._core.instance.config import PoolGranularity
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, ResumeRunContext, RunLauncher
from dagster._core.run_coordinator.base import SubmitRunContext
from dagster._core.run_coordinator.queued_run_coordinator import RunQueueConfig
from dagster._core.storage.tags import CODE_LOCATION_TAG
from dagster._serdes import ConfigurableClass, ConfigurableClassData, serialize_value

__all__ = [
    "CODE_LOCATION_TAG",
    "CheckRunHealthResult",
    "ConfigurableClass",
    "ConfigurableClassData",
    "EngineEventData",
    "LaunchRunContext",
    "PoolGranularity",
    "ResumeRunContext",
    "RunLauncher",
    "RunQueueConfig",
    "SubmitRunContext",
    "serialize_value",
]
