"""The errors of the room that keeps the platform's state."""

from data_platform.errors import DataPlatformError


class InstanceError(DataPlatformError):
    """The platform's PostgreSQL cannot be prepared, started or reached."""
