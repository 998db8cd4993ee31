"""The dbt profile the platform runs a project with, whatever profile its authors use by themselves."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from data_platform.dbt.project import DbtError, DbtProject

SNOWFLAKE_VARIABLES = {
    "account": "SNOWFLAKE_ACCOUNT",
    "user": "SNOWFLAKE_USER",
    "role": "SNOWFLAKE_ROLE",
    "warehouse": "SNOWFLAKE_WAREHOUSE",
    "database": "SNOWFLAKE_DATABASE",
}
_SNOWFLAKE_KEY = {
    "private_key_path": "SNOWFLAKE_PRIVATE_KEY_PATH",
    "private_key_passphrase": "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE",
}


def dbt_flags(project: DbtProject) -> list[str]:
    """The flags of every dbt command: the platform's profile, and nothing written into the project's folder."""
    return [
        *("--project-dir", str(project.folder), "--profiles-dir", str(project.work)),
        # said here, they hold whatever the project, its `flags:` and the environment's DBT_ variables say
        *("--profile", _profile_name(project), "--target", str(project.environment.name)),
        *("--target-path", str(project.target), "--log-path", str(project.work / "logs")),
        *("--no-send-anonymous-usage-stats", "--no-use-colors"),
    ]


def write_profile(project: DbtProject, variables: Mapping[str, str] | None = None) -> Path:
    """Write `profiles.yml` for a project and return its folder.

    Secrets are not written: the file refers to environment variables, which dbt reads.

    Raises:
        DbtError: the project does not exist, or a variable that the warehouse needs is not set.
    """
    variables = os.environ if variables is None else variables
    target = str(project.environment.name)
    output = _snowflake(project, variables) if project.environment.warehouse == "snowflake" else _duckdb(project)
    profile = {"target": target, "outputs": {target: output}}
    content = yaml.safe_dump({_profile_name(project): profile}, sort_keys=False)
    project.work.mkdir(parents=True, exist_ok=True)
    path = project.work / "profiles.yml"
    # dbt parses everything anew when the profile's file changes
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        part = path.with_suffix(f".{uuid4().hex}")
        part.write_text(content, encoding="utf-8")
        part.replace(path)
    return project.work


def _profile_name(project: DbtProject) -> str:
    """The name that the project gives its profile; the unit's where it gives none, or one to be computed."""
    name = project.settings().get("profile")
    return name if isinstance(name, str) and name and "{{" not in name else project.unit


def _duckdb(project: DbtProject) -> dict[str, Any]:
    path = project.environment.duckdb_file(project.unit)
    path.parent.mkdir(parents=True, exist_ok=True)
    output: dict[str, Any] = {
        "type": "duckdb",
        "path": str(path),
        "threads": project.threads,
        # the file has one writer at a time: wait for it
        "retries": {"connect_attempts": 6, "retryable_exceptions": ["IOException"]},
    }
    protocol = project.environment.storage.partition("://")[0] if "://" in project.environment.storage else ""
    if protocol and protocol != "file":
        output["filesystems"] = [{"fs": protocol, **_storage_options()}]
    return output


def _storage_options() -> dict[str, Any]:
    return dict(json.loads(os.environ.get("DATA_PLATFORM_STORAGE_OPTIONS") or "{}"))


def _snowflake(project: DbtProject, variables: Mapping[str, str]) -> dict[str, Any]:
    missing = [variable for variable in SNOWFLAKE_VARIABLES.values() if not variables.get(variable)]
    if missing:
        raise DbtError(
            f"the environment variable {missing[0]} is not set, and the warehouse is snowflake",
            where=project.shown,
            fix=f"set {', '.join(missing)}, or DATA_PLATFORM_WAREHOUSE=duckdb",
            anchor="environment",
        )
    output: dict[str, Any] = {key: f"{{{{ env_var('{name}') }}}}" for key, name in SNOWFLAKE_VARIABLES.items()}
    for key, name in _SNOWFLAKE_KEY.items():
        if variables.get(name):
            output[key] = f"{{{{ env_var('{name}') }}}}"
    return {"type": "snowflake", **output, "schema": "public", "threads": max(project.threads, 8)}
