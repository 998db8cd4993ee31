"""Platforms for tests: repositories of their own, whose units can be loaded and built in this process."""

import shutil
import subprocess
from pathlib import Path

import dagster as dg

from data_platform.environment import Environment, current_environment
from data_platform.units.code_location import unit_definitions
from data_platform.units.location import JOB
from data_platform.units.schedules import partition_tags
from data_platform.units.unit import read_unit
from data_platform.units.workspace import write_workspace

_FOLDERS = ("*", "code_locations/*", "dbt_projects/*")
REPOSITORY = current_environment({}).root


def run_git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), "-c", "protocol.file.allow=always", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def commit(folder: Path, message: str = "work") -> None:
    run_git(folder, "add", "--all")
    run_git(folder, "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-qm", message)


def make_platform(root: Path) -> Environment:
    """A committed repository with no units, whose library is this one."""
    (root / "code_locations").mkdir(parents=True)
    (root / "code_locations" / "__init__.py").touch()
    (root / "dagster_home").mkdir()
    shutil.copy(REPOSITORY / "dagster_home" / "dagster.yaml", root / "dagster_home")
    shutil.copy(REPOSITORY / ".gitignore", root)
    environment = current_environment({}, root)
    write_workspace(environment)
    run_git(root, "init", "-q", "-b", "main")
    commit(root)
    return environment


def build(environment: Environment, name: str) -> dg.ExecuteInProcessResult:
    """Run the unit's build job in this process, on an instance of its own."""
    unit = read_unit(environment.code_locations / name, environment)
    definitions = unit_definitions(unit)
    dg.Definitions.validate_loadable(definitions)
    from data_platform.dbt import prepared

    tags = partition_tags(prepared(unit.project))
    return definitions.resolve_job_def(JOB).execute_in_process(tags=tags, raise_on_error=False)


def traces(root: Path) -> dict[str, object]:
    """All that adding a unit could leave behind but its state: files, git's index, configuration, kept histories."""
    kept = root / ".git" / "modules"
    status = run_git(root, "status", "--porcelain", "--ignored", "--untracked-files=all").splitlines()
    return {
        "status": [line for line in status if not line.startswith("!! var/")],
        "index": run_git(root, "ls-files", "--stage"),
        "config": (root / ".git" / "config").read_text(),
        "modules": sorted(path.relative_to(kept).as_posix() for path in kept.rglob("*")) if kept.exists() else None,
        "folders": sorted(path.as_posix() for pattern in _FOLDERS for path in root.glob(pattern) if path.name != "var"),
        "workspace": (root / "dagster_home" / "workspace.yaml").read_text(),
    }
