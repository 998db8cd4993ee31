"""The platform's processes on one machine: start, watch, tell, stop."""

from data_platform.processes.elsewhere import refuse_elsewhere, webserver_elsewhere
from data_platform.processes.errors import ProcessesError, StoppedError
from data_platform.processes.folders import Folders
from data_platform.processes.health import PlatformStatus, ProcessStatus
from data_platform.processes.refresh import refresh, running_address
from data_platform.processes.start import Started, start
from data_platform.processes.status import platform_status
from data_platform.processes.stop import GRACE_SECONDS, stop
from data_platform.processes.watch import watch
from data_platform.processes.webserver import Location

__all__ = [
    "GRACE_SECONDS",
    "Folders",
    "Location",
    "PlatformStatus",
    "ProcessStatus",
    "ProcessesError",
    "Started",
    "StoppedError",
    "platform_status",
    "refresh",
    "refuse_elsewhere",
    "running_address",
    "start",
    "stop",
    "watch",
    "webserver_elsewhere",
]
