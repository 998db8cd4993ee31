"""The errors of the gate."""

from data_platform.errors import DataPlatformError


class GateError(DataPlatformError):
    """A hold cannot be taken, kept or ended."""


class HoldLostError(GateError):
    """A hold is not, or no longer, its holder's: it expired, was released, or was taken over. Whoever relied on it
    must stop what it does under it.
    """


class ScopeBusyError(GateError):
    """The scope is held by somebody else, or its waiting runs have their turn first."""
