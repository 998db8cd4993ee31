"""A business unit in one environment. No Dagster here: `dp up` and `dp unit` start quickly."""

import hashlib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from data_platform.dbt.project import DbtProject
from data_platform.environment import Environment, current_environment
from data_platform.errors import UsageError
from data_platform.units.card import UnitCard, read_card, unit_folders


@dataclass(frozen=True)
class Unit:
    """A business unit in one environment: its card, its dbt project, and where both lie."""

    card: UnitCard
    folder: Path
    environment: Environment

    @property
    def root(self) -> Path:
        """The folder that the unit's files are named from: the repository's, or that of one version."""
        return self.environment.root_of(self.folder)

    @property
    def project(self) -> DbtProject:
        """The unit's dbt project."""
        folder = self.root / self.card.dbt_project
        return DbtProject(self.card.name, folder, self.environment, self.card.dbt.threads)

    @property
    def pool(self) -> str | None:
        """The Dagster pool with one slot that guards the unit's DuckDB file; other warehouses need none."""
        return f"duckdb_{self.card.name}" if self.environment.warehouse == "duckdb" else None

    @property
    def schema_key(self) -> list[str] | None:
        """Key of the asset that deploys the unit's `schema/` folder; None when it has no such folder."""
        return [self.card.name, "schema"] if (self.folder / "schema").is_dir() else None

    def version(self) -> str:
        """Hash of everything the unit's definitions follow from: its folder and its dbt project."""
        digest = hashlib.blake2b(self.project.fingerprint().encode(), digest_size=8)
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"\0{path.relative_to(self.folder)}\0".encode() + path.read_bytes())
        return digest.hexdigest()


def read_unit(folder: Path, environment: Environment | None = None) -> Unit:
    """Read the unit in a folder.

    Raises:
        UsageError: the card is wrong.
    """
    return Unit(read_card(folder), folder, environment or current_environment())


def find_units(environment: Environment, names: Collection[str]) -> list[Unit]:
    """The units of these names; all of them when none is named.

    Raises:
        UsageError: a name is unknown, or a card is wrong.
    """
    folders = {folder.name: folder for folder in unit_folders(environment.code_locations)}
    for name in names:
        if name not in folders:
            raise UsageError(
                f"there is no unit {name!r}", fix=f"known units: {', '.join(folders) or 'none'}", anchor="unit-cards"
            )
    return [read_unit(folders[name], environment) for name in dict.fromkeys(names or folders)]


def sound_units(environment: Environment) -> list[Unit]:
    """The units whose cards can be read; the others are told by their code servers."""
    units = []
    for folder in unit_folders(environment.code_locations):
        with suppress(UsageError):
            units.append(read_unit(folder, environment))
    return units
