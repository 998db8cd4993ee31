"""Versions of a unit's code side by side on disk, and the link that says which one is served.

`<state>/versions/<unit>/<version>` holds `code_locations/<unit>` and the dbt project as they were when that version was
kept, and what dbt made of them; `current` beside it names the version that code servers and runs load. It names the
checkout as long as nothing was deployed where the checkout is served.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from data_platform.dbt.project import copy_source
from data_platform.environment import Environment
from data_platform.errors import DataPlatformError, UsageError
from data_platform.units.card import CARD_FILE
from data_platform.units.unit import Unit, read_unit

CURRENT = "current"
_KEPT = 5  # versions that nothing is served from


class UnitVersions:
    """The versions of one unit on this machine.

    Args:
        unit: its name; there may be no card of it.
    """

    def __init__(self, environment: Environment, unit: str) -> None:
        self.environment, self.unit = environment, unit
        self.folder = environment.versions / unit

    @property
    def current(self) -> Path:
        """The link that code servers and runs are started on."""
        return self.folder / CURRENT

    @property
    def pinned(self) -> str | None:
        """The version that is served; None as long as it is the checkout, or nothing yet."""
        try:
            target = Path(os.readlink(self.current))
        except FileNotFoundError:
            return None
        return target.name if len(target.parts) == 1 and (self.folder / target).is_dir() else None

    def served(self) -> Unit:
        """The unit as code servers load it.

        Raises:
            UsageError: its card is wrong.
        """
        root = self.folder / self.pinned if self.pinned else self.environment.root
        return read_unit(root / "code_locations" / self.unit, self.environment)

    def find(self, version: str) -> Unit | None:
        """The unit at a version, if that is kept.

        Raises:
            UsageError: its card is wrong.
        """
        folder = self.folder / version / "code_locations" / self.unit
        return read_unit(folder, self.environment) if version and folder.is_dir() else None

    def keep(self, unit: Unit) -> Unit:
        """Keep the unit's files as they are now; returns the unit in its version's folder.

        Raises:
            DbtError: there is no dbt project.
            DataPlatformError: files change meanwhile, or the folder cannot be written.
        """
        unit.project.settings()
        part = self.folder / f".{uuid4().hex}.part"  # containers that share the folder have the same process numbers
        try:
            version = _copied(unit, part)
            if not (self.folder / version).is_dir():
                part.rename(self.folder / version)
        except OSError as error:
            raise DataPlatformError(
                f"the files of {self.unit} cannot be kept: {error.strerror or error}",
                where=error.filename or part,
                fix="make room there, or make it writable",
                anchor="deployments",
            ) from None
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return read_unit(self.folder / version / "code_locations" / self.unit, self.environment)

    def serve(self, version: str | None) -> None:
        """Let code servers load a version from now on; None for the checkout. One step: one or the other is served."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f".{CURRENT}.{uuid4().hex}"
        fresh.symlink_to(version or self.environment.root)
        fresh.replace(self.current)

    def prune(self, *needed: str) -> None:
        """Remove old versions, all but the last few, the one that is served, and those that are needed."""
        spared = {self.pinned, *needed}
        old = [path for path in self._versions() if path.name not in spared]
        for path in sorted(old, key=lambda found: found.stat().st_mtime, reverse=True)[_KEPT:]:
            shutil.rmtree(path, ignore_errors=True)

    def _versions(self) -> Iterator[Path]:
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
                    yield path


def ensure_served(environment: Environment, name: str) -> None:
    """Make sure that a unit's `current` names something to serve, for its code server to be started on.

    What was deployed stays. What never was is served from the checkout, or as it is there now in environments that do
    not serve the checkout; it is kept in both cases, to go back to. What is wrong with a unit its code server tells.
    """
    versions = UnitVersions(environment, name)
    if versions.pinned:
        return
    version = None
    with suppress(DataPlatformError):
        version = versions.keep(read_unit(environment.code_locations / name, environment)).root.name
        versions.prune(version)
    versions.serve(None if environment.serves_checkout else version)


def _copied(unit: Unit, target: Path) -> str:
    """Copy a unit's files; returns the version they are."""
    project = Path(unit.card.dbt_project)
    if project.is_absolute() or ".." in project.parts:
        raise UsageError(
            f"the dbt project {unit.card.dbt_project!r} lies outside the repository",
            where=unit.folder.relative_to(unit.root) / CARD_FILE,
            fix="move it into the repository",
            anchor="dbt-projects",
        )
    locations = target / "code_locations"
    shutil.copytree(
        unit.folder, locations / unit.folder.name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    (locations / "__init__.py").touch()
    copy_source(unit.project.folder, target / project)
    version = read_unit(locations / unit.folder.name, unit.environment).version()
    if version != unit.version():
        raise DataPlatformError(
            f"files of {unit.card.name} were changed while they were read",
            fix="try again when nobody edits them",
            anchor="deployments",
        )
    return version
