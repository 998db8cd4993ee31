"""A unit's `defs/` folder with a mistake: one line with the file and line, however Dagster puts it."""

import shutil

import pytest

from data_platform.environment import Environment
from data_platform.units.checking import UnitVerdict, check_units
from tests.dbt.projects import write_files
from tests.units.conftest import loaded_from
from tests.units.platforms import make_platform

INGESTION = "type: data_platform.components.FileIngestion\nattributes:\n  table: visits\n  source: visits.csv\n"
COLUMNS = "  columns:\n    - {name: id, type: INTEGER}\n    - name: at\n"

# name -> (file in defs/, its text, what is told after the folder)
MISTAKES = {
    "wrong_type": (
        "visits/defs.yaml",
        INGESTION.replace("visits\n", "5\n", 1) + COLUMNS + "      type: DATE\n",
        "visits/defs.yaml:3: table: input should be a valid string, not 5",
    ),
    "unknown_key": (
        "visits/defs.yaml",
        INGESTION + "  nuls: ['']\n",
        "visits/defs.yaml:5: unknown key 'nuls' -> did you mean 'nulls'?",
    ),
    "misspelt_key": (
        "visits/defs.yaml",
        INGESTION.replace("source:", "sorce:"),
        "visits/defs.yaml:4: unknown key 'sorce' -> did you mean 'source'?",
    ),
    "missing_key": (
        "visits/defs.yaml",
        INGESTION.replace("  source: visits.csv\n", ""),
        "visits/defs.yaml:2: the key 'source' is missing",
    ),
    "key_of_a_column": (
        "visits/defs.yaml",
        INGESTION + COLUMNS + "      typ: DATE\n",
        "visits/defs.yaml:8: unknown key 'columns.1.typ' -> did you mean 'type'?",
    ),
    "key_at_the_top": (
        "visits/defs.yaml",
        INGESTION.replace("attributes:", "atributes:"),
        "visits/defs.yaml:2: unknown key 'atributes' -> did you mean 'attributes'?",
    ),
    "no_columns": (
        "visits/defs.yaml",
        INGESTION,
        "visits/defs.yaml: table 'visits' declares no columns, and there is no dbt source raw.visits -> list `columns`",
    ),
    "no_component": (
        "visits/defs.yaml",
        "# visits\n" + INGESTION.replace("FileIngestion", "FileIngest"),
        "visits/defs.yaml:2: does not load: Module `data_platform.components` has no attribute `FileIngest`",
    ),
    "no_type": ("visits/defs.yaml", "attributes: {}\n", "visits/defs.yaml:1: the key 'type' is missing"),
    "no_mapping": ("visits/defs.yaml", "- a\n", "visits/defs.yaml:1: the file: input should be an object"),
    "no_content": ("visits/defs.yaml", "", "visits/defs.yaml:1: does not load: "),
    "no_yaml": ("visits/defs.yaml", "type: a\nattributes: [\n", "visits/defs.yaml:3: is not valid YAML: "),
    "unset_variable": (
        "visits/defs.yaml",
        INGESTION.replace("visits.csv", "'{{ env.NOBODY_SETS_THIS }}'"),
        "visits/defs.yaml:4: source: has no value -> set the environment variable NOBODY_SETS_THIS",
    ),
    "unknown_variable": (
        "visits/defs.yaml",
        INGESTION.replace("visits.csv", "'{{ nobody.knows }}'"),
        "visits/defs.yaml:4: attributes.source: 'nobody' not found in scope",
    ),
    "two_documents": (
        "visits/defs.yaml",
        f"{INGESTION}{COLUMNS}      type: DATE\n---\n{INGESTION}  nuls: x\n",
        "visits/defs.yaml:14: unknown key 'nuls' -> did you mean 'nulls'?",
    ),
    "python_syntax": ("more.py", "\ndef f(:\n", "more.py:2: is not valid Python: "),
    "python_import": (
        "more.py",
        "import os\nimport nowhere_at_all\n",
        "more.py:2: ModuleNotFoundError: No module named",
    ),
    "python_error": ("more.py", "def f():\n    raise ValueError('no\\nway')\n\nf()\n", "more.py:2: ValueError: no way"),
}
# a mistake between files has no place but the unit
TAKEN = "import dagster as dg\n\n@dg.asset(key=['shop', 'marts', 'one'])\ndef one(): ...\n"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A platform with one unit, whose dbt project is sound."""
    environment = make_platform(tmp_path_factory.mktemp("mistakes") / "platform")
    card = "name: shop\ntitle: Shop\nowners: [team:shop]\n"
    definitions = "from pathlib import Path\nfrom data_platform.units import business_unit\n"
    definitions += "defs = business_unit(Path(__file__).parent)\n"
    files = {"unit.yaml": card, "__init__.py": "", "definitions.py": definitions}
    write_files(environment.code_locations / "shop", files)
    project = {"dbt_project.yml": "name: shop\n", "models/marts/one.sql": "select 1 as id"}
    write_files(environment.dbt_projects / "shop", project)
    return environment


def verdict(environment: Environment, files: dict[str, str]) -> UnitVerdict:
    """What `dp unit check` says of the unit when its `defs/` folder holds these files."""
    folder = environment.code_locations / "shop" / "defs"
    shutil.rmtree(folder, ignore_errors=True)
    write_files(folder, {"__init__.py": "", **files})
    with loaded_from(environment.root):
        return check_units(environment, ["shop"])[0]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_line_with_file_and_line(environment: Environment, mistake: str) -> None:
    file, text, told = MISTAKES[mistake]
    problem = verdict(environment, {file: text}).problem
    assert problem.startswith(f"code_locations/shop/defs/{told}")
    assert "\n" not in problem
    assert "Traceback" not in problem
    assert str(environment.root) not in problem


def test_two_assets_of_one_key_are_told_with_the_unit(environment: Environment) -> None:
    problem = verdict(environment, {"more.py": TAKEN}).problem
    assert problem.startswith("code_locations/shop: does not load: Duplicate asset key: ")


def test_a_component_without_mistakes_is_sound(environment: Environment) -> None:
    found = verdict(environment, {"visits/defs.yaml": INGESTION + COLUMNS + "      type: DATE\n"})
    assert (found.problem, found.ok, found.models) == ("", True, 1)
