"""Where Dagster keeps files on this machine: under the platform's state folder, wherever that is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_platform.environment import current_environment
from data_platform.instance.private import (
    ConfigurableClassData,
    LocalArtifactStorage,
    LocalComputeLogManager,
)


def dagster_folder() -> Path:
    """`<state>/dagster`, which holds what steps print and what they hand to each other.

    Raises:
        UsageError: the environment is unknown.
    """
    return current_environment().state / "dagster"


class _WithoutSettings:
    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """No settings: the folder follows from the environment."""
        return {}


class StateArtifacts(_WithoutSettings, LocalArtifactStorage):
    """Dagster's local files in the state folder instead of DAGSTER_HOME, which is part of the repository."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "StateArtifacts":
        """Make it from dagster.yaml."""
        return cls(base_dir=str(dagster_folder()), inst_data=inst_data)


class StateComputeLogs(_WithoutSettings, LocalComputeLogManager):
    """What steps print, in the state folder."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "StateComputeLogs":
        """Make it from dagster.yaml."""
        return cls(base_dir=str(dagster_folder() / "output"), inst_data=inst_data)
