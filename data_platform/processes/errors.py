"""The errors of the room that keeps the platform's processes running."""

from data_platform.errors import DataPlatformError


class ProcessesError(DataPlatformError):
    """The platform cannot be started or stopped, or a process of it does not run."""


class StoppedError(ProcessesError):
    """Somebody stopped the platform while this command was starting it."""
