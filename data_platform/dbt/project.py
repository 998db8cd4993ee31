"""Where a unit's dbt project lies, and where the platform keeps what it makes of it."""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import yaml

from data_platform.environment import Environment
from data_platform.errors import DataPlatformError

GRAPH_FORMAT = 3
_WRITTEN_BY_DBT = frozenset({"target", "logs"})  # at the top; deeper down they are names like any other
_NOT_SOURCE = frozenset({".git", ".venv", "__pycache__", "node_modules"})
_DATA = frozenset({".duckdb", ".wal"})


class DbtError(DataPlatformError):
    """Base of what can go wrong with a dbt project."""


@dataclass(frozen=True)
class DbtProject:
    """One unit's dbt project, run in place.

    Attributes:
        unit: name of the unit.
        folder: the project's folder, holding dbt_project.yml.
        environment: where it runs.
        threads: dbt threads.
    """

    unit: str
    folder: Path
    environment: Environment
    threads: int = 1

    @property
    def work(self) -> Path:
        """Folder for the profile, dbt's target and logs; never inside the project, and of each version its own."""
        root = self.environment.root_of(self.folder)
        if root != self.environment.root:
            return root / "prepared" / self.environment.name
        return self.environment.state / "dbt" / self.environment.name / self.unit

    @property
    def target(self) -> Path:
        """dbt's target folder for this unit and environment."""
        return self.work / "target"

    @property
    def graph_file(self) -> Path:
        """The prepared graph: all that a code server reads of the project."""
        return self.work / "graph.json"

    @property
    def shown(self) -> Path:
        """The project's folder as errors name it."""
        root = self.environment.root_of(self.folder)
        return self.folder.relative_to(root) if self.folder.is_relative_to(root) else self.folder

    def settings(self) -> dict[str, object]:
        """The content of dbt_project.yml.

        Raises:
            DbtError: the project does not exist, or the file is no mapping.
        """
        path = self.folder / "dbt_project.yml"
        try:
            settings = yaml.safe_load(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DbtError(
                "there is no dbt project here",
                where=self.shown,
                fix=f"put the project there (`git submodule update --init {self.shown}` if it is a submodule), "
                "or correct `dbt.project` in the unit card",
                anchor="dbt-projects",
            ) from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else None
            raise DbtError("is not valid YAML", where=self.shown / "dbt_project.yml", line=line) from None
        if not isinstance(settings, dict):
            raise DbtError("must hold a mapping", where=self.shown / "dbt_project.yml", line=1)
        return settings

    def fingerprint(self) -> str:
        """Hash of everything the prepared graph depends on: the project's files, environment, warehouse and dbt."""
        digest = hashlib.blake2b(digest_size=16)
        made_by = f"{GRAPH_FORMAT} {version('dbt-core')}"
        digest.update(f"{made_by} {self.unit} {self.environment.name} {self.environment.warehouse}".encode())
        for path in sorted(source_files(self.folder)):
            digest.update(f"\0{path.relative_to(self.folder)}\0".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()


def copy_source(folder: Path, target: Path) -> None:
    """Copy a project, without what dbt, Python and git write beside its files."""

    def ignored(at: str, names: list[str]) -> set[str]:
        written = _WRITTEN_BY_DBT if Path(at) == folder else frozenset()
        return {name for name in names if name in written | _NOT_SOURCE or Path(name).suffix in _DATA}

    shutil.copytree(folder, target, symlinks=True, ignore=ignored)


def source_files(folder: Path) -> Iterator[Path]:
    """The files a project is made of; not what dbt, Python or git write beside them."""
    return (path for path in _files(folder) if path.relative_to(folder).parts[0] not in _WRITTEN_BY_DBT)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _NOT_SOURCE or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file() and path.suffix not in _DATA:
            yield path
