"""The errors of deployments."""

from data_platform.errors import DataPlatformError


class DeploymentError(DataPlatformError):
    """A deployment cannot begin, or did not succeed."""


class SupersededError(DeploymentError):
    """A newer deployment of the same units waits in line, and will bring what this one would."""


class DeploymentLostError(DeploymentError):
    """The deployment has ended, or somebody else has taken it over: this deployer must not write to it."""
