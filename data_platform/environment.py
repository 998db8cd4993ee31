"""The environment, chosen once, and the folders that follow from it. No I/O at import."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from data_platform.errors import UsageError


class EnvironmentName(StrEnum):
    """Where the platform runs; an unknown name is an error, never a fall-back."""

    LOCAL = "local"
    CI = "ci"
    DEV = "dev"
    PROD = "prod"


@dataclass(frozen=True)
class Environment:
    """The environment of this process.

    Attributes:
        name: one of `EnvironmentName`.
        root: the platform repository's folder.
        state: folder for everything the platform writes on this machine (`DATA_PLATFORM_STATE`, default `<root>/var`).
        storage: fsspec URL or folder of the object storage (`DATA_PLATFORM_STORAGE`, default `<state>/storage`).
        warehouse: `duckdb` or `snowflake` (`DATA_PLATFORM_WAREHOUSE`, default `duckdb`).
    """

    name: EnvironmentName
    root: Path
    state: Path
    storage: str
    warehouse: str

    @property
    def code_locations(self) -> Path:
        """The folder with one folder per unit."""
        return self.root / "code_locations"

    @property
    def dbt_projects(self) -> Path:
        """The folder with one dbt project per unit."""
        return self.root / "dbt_projects"

    @property
    def dagster_home(self) -> Path:
        """The folder that holds dagster.yaml and workspace.yaml."""
        return self.root / "dagster_home"

    @property
    def serves_checkout(self) -> bool:
        """Whether a unit that was never deployed is served from the checkout, so that edits count when it is loaded."""
        return self.name in (EnvironmentName.LOCAL, EnvironmentName.CI)

    @property
    def versions(self) -> Path:
        """The folder with a folder of versions per unit."""
        return self.state / "versions"

    def root_of(self, path: Path) -> Path:
        """The folder that a unit's files are named from: of the version that a path lies in, else of the repository."""
        if path.is_relative_to(self.versions):
            return self.versions.joinpath(*path.relative_to(self.versions).parts[:2])
        return self.root

    def duckdb_file(self, unit: str) -> Path:
        """The unit's own DuckDB file in this environment."""
        return self.state / "warehouse" / self.name / f"{unit}.duckdb"


def current_environment(variables: Mapping[str, str] | None = None, root: Path | None = None) -> Environment:
    """Read the environment from the process's variables.

    Args:
        variables: defaults to `os.environ`.
        root: the platform repository; defaults to `DATA_PLATFORM_ROOT`, else the checkout this library lies in.

    Raises:
        UsageError: an unknown environment or warehouse.
    """
    variables = os.environ if variables is None else variables
    root = root or Path(variables.get("DATA_PLATFORM_ROOT") or Path(__file__).parents[1])
    name = _choice(variables, "DATA_PLATFORM_ENVIRONMENT", "local", [e.value for e in EnvironmentName])
    warehouse = _choice(variables, "DATA_PLATFORM_WAREHOUSE", "duckdb", ["duckdb", "snowflake"])
    state = Path(variables.get("DATA_PLATFORM_STATE") or root / "var")
    storage = variables.get("DATA_PLATFORM_STORAGE") or str(state / "storage")
    if "://" not in storage:
        storage = str((root / storage).resolve())  # the same folder for every process, wherever it was started
    return Environment(EnvironmentName(name), root.resolve(), state.resolve(), storage, warehouse)


def _choice(variables: Mapping[str, str], variable: str, default: str, known: list[str]) -> str:
    value = variables.get(variable) or default
    if value not in known:
        raise UsageError(
            f"{variable}={value!r} is not known",
            fix=f"set it to one of: {', '.join(known)}",
            anchor="environment",
        )
    return value
