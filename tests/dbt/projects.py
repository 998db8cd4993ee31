"""dbt projects written by tests, and where they run."""

from collections.abc import Mapping
from pathlib import Path

from data_platform.dbt import DbtProject
from data_platform.environment import current_environment

# a model's schema is its layer, as in the projects of the platform itself
LAYER_IS_SCHEMA = (
    "{% macro generate_schema_name(custom_schema_name, node) -%}"
    "{{ custom_schema_name | trim if custom_schema_name else target.schema }}{%- endmacro %}"
)


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files (path from the folder -> text) and return the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return folder


def write_project(root: Path, unit: str, files: Mapping[str, str], **variables: str) -> DbtProject:
    """A dbt project at `<root>/dbt_projects/<unit>`; `dbt_project.yml` is made where `files` has none."""
    settings = f"name: {unit}\nprofile: {unit}\nmodels:\n  {unit}:\n    +materialized: table\n"
    folder = write_files(root / "dbt_projects" / unit, {"dbt_project.yml": settings, **files})
    return DbtProject(unit, folder, current_environment(variables, root))
