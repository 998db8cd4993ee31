"""Bad input of every kind: one line that says where and what to do, the right exit code, and nothing changed."""

import json
from pathlib import Path

import pytest

from data_platform.environment import Environment
from tests.cli.conftest import Done, Dp
from tests.dbt.projects import write_files

CARD = "code_locations/shop/unit.yaml"
COMMANDS = [
    ("unit", "list"),
    ("unit", "check"),
    ("unit", "prepare"),
    ("unit", "build"),
    ("unit", "sync"),
    ("unit", "new", "sales"),
    ("unit", "remove", "shop"),
    ("status",),
    ("down",),
    ("up",),
]


def files(root: Path) -> dict[str, bytes]:
    """Everything a person wrote."""
    skipped = {".git", "var", "__pycache__"}
    found = [path for path in root.rglob("*") if path.is_file() and not skipped & set(path.parts)]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def refused(platform: Environment, dp: Dp, *arguments: str, code: int) -> str:
    """Run the command, which must refuse and change nothing; its one line."""
    before = files(platform.root)
    done = dp(*arguments)
    assert done.code == code, done
    assert files(platform.root) == before
    return done.line


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_unknown_environment_is_refused_by_every_command(
    platform: Environment, dp: Dp, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_PLATFORM_ENVIRONMENT", "production")
    assert refused(platform, dp, *command, code=2) == (
        "dp: DATA_PLATFORM_ENVIRONMENT='production' is not known -> set it to one of: local, ci, dev, prod"
        " (docs/errors.md#environment)"
    )


def test_an_unknown_warehouse_is_refused(platform: Environment, dp: Dp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_WAREHOUSE", "oracle")
    line = refused(platform, dp, "unit", "check", code=2)
    assert line.startswith("dp: DATA_PLATFORM_WAREHOUSE='oracle' is not known -> set it to one of: duckdb, snowflake")


@pytest.mark.parametrize("command", ["check", "prepare", "build", "remove"])
def test_an_unknown_unit_is_told_with_the_known_ones(platform: Environment, dp: Dp, command: str) -> None:
    line = refused(platform, dp, "unit", command, "shpo", code=2)
    assert line.startswith("dp: there is no unit 'shpo' -> ")
    assert ("known units: shop" in line) or ("see `dp unit list`" in line)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["unit", "new"], "dp: Missing argument 'NAME'. -> see `dp unit new --help`"),
        (["unit", "new", "a", "b"], "dp: Got unexpected extra argument (b) -> see `dp unit new --help`"),
        (["unit", "remove"], "dp: Missing argument 'NAME'. -> see `dp unit remove --help`"),
        (["unit", "list", "--jsn"], "dp: No such option '--jsn'. Did you mean '--json'?"),
        (["unit", "biuld"], "dp: No such command 'biuld'."),
        (["unti"], "dp: No such command 'unti'."),
        (["up", "--port", "many"], "dp: Invalid value for '--port': 'many' is not a valid int"),
        (["up", "--port", "99999"], "dp: Invalid value for '--port': 99999 is not in the range"),
        (["unit", "new", "sales", "--title"], "dp: Option '--title' requires an argument."),
        (["unit", "new", "Sales"], "dp: 'Sales': a unit's name is a lower-case identifier"),
        (["unit", "new", "shop"], "dp: code_locations/shop exists already -> choose another name"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_that_is_called_wrongly_says_so_in_one_line(
    platform: Environment, dp: Dp, arguments: list[str], told: str
) -> None:
    assert refused(platform, dp, *arguments, code=2).startswith(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: shop\ntitle: 7\nowners: [team:shop]\n", "unit.yaml:2: title: input should be a valid string, not 7"),
        ("name: shop\ntitle: x\nowner: [team:shop]\n", "unit.yaml:3: unknown key 'owner' -> did you mean 'owners'?"),
        ("name: shop\ntitle: x\nowners:\n  - me\n", "unit.yaml:4: owners.0: an owner is an e-mail address or"),
        ("name: shops\ntitle: x\nowners: [team:x]\n", "unit.yaml:1: the card's name 'shops' is not its folder's name"),
        ("name: Shop\ntitle: x\nowners: [team:x]\n", "unit.yaml:1: name: a unit's name is a lower-case identifier"),
        ("name: shop\n  title: x\n", "unit.yaml:2: is not valid YAML: "),
        ("", "unit.yaml:1: must hold a mapping"),
    ],
    ids=["wrong type", "unknown key", "owner", "another name", "no identifier", "no yaml", "empty"],
)
@pytest.mark.parametrize("command", ["list", "prepare", "build"])
def test_a_wrong_card_is_told_with_file_and_line(
    platform: Environment, dp: Dp, command: str, text: str, told: str
) -> None:
    write_files(platform.root, {CARD: text})
    assert refused(platform, dp, "unit", command, code=2).startswith(f"dp: code_locations/shop/{told}")


def problem(done: Done) -> str:
    """What `dp unit check --json` says of the unit."""
    assert done.code == 1
    assert done.err == ""
    (row,) = json.loads(done.out)
    assert row["ok"] is False
    assert "\n" not in row["problem"]
    return str(row["problem"])


def test_checking_tells_a_wrong_card_as_the_unit_s_problem(platform: Environment, dp: Dp) -> None:
    write_files(platform.root, {CARD: "name: shop\ntitle: x\nowner: [team:shop]\n"})
    assert problem(dp("unit", "check", "--json")).startswith(f"{CARD}:3: unknown key 'owner'")


def test_a_project_that_does_not_exist_is_told(platform: Environment, dp: Dp) -> None:
    write_files(platform.root, {CARD: "name: shop\ntitle: x\nowners: [team:x]\ndbt: {project: dbt_projects/shpo}\n"})
    told = "dbt_projects/shpo: there is no dbt project here -> put the project there"
    assert problem(dp("unit", "check", "--json")).startswith(told)
    assert refused(platform, dp, "unit", "build", code=1).startswith(f"dp: {told}")


def test_a_project_that_does_not_parse_is_told_with_its_model(platform: Environment, dp: Dp) -> None:
    write_files(platform.root, {"dbt_projects/shop/models/marts/one.sql": "select 1 as id\nfrom {{ ref('nothing') }}"})
    told = "dbt_projects/shop/models/marts/one.sql:2: the dbt project does not parse: "
    assert refused(platform, dp, "unit", "build", code=1).startswith(f"dp: {told}")


@pytest.mark.parametrize(
    ("definitions", "told"),
    [
        ("import os\n\nraise ValueError('oops')\n", "definitions.py:3: ValueError: oops"),
        ("import nothing_of_this_name\n", "definitions.py:1: ModuleNotFoundError: No module named 'nothing_of_this_"),
        ("def defs(:\n", "definitions.py:1: is not valid Python: invalid syntax"),
        ("defs = 7\n", "definitions.py: holds no definitions -> write `defs = business_unit("),
        (None, "there is no definitions.py -> copy that of another unit"),
    ],
)
def test_a_definitions_file_that_does_not_load_is_told_with_its_line(
    platform: Environment, dp: Dp, definitions: str | None, told: str
) -> None:
    if definitions is None:
        (platform.root / "code_locations/shop/definitions.py").unlink()
        told = f": {told}"
    else:
        write_files(platform.root, {"code_locations/shop/definitions.py": definitions})
        told = f"/{told}"
    assert problem(dp("unit", "check", "--json")).startswith(f"code_locations/shop{told}")


def test_a_source_of_a_unit_that_does_not_exist_is_told(platform: Environment, dp: Dp) -> None:
    source = "sources: [{name: metorology, config: {meta: {unit: metorology}}, tables: [{name: daily}]}]"
    write_files(platform.root, {"dbt_projects/shop/models/sources.yml": source})
    assert problem(dp("unit", "check", "--json")).startswith(
        "dbt_projects/shop: the source 'daily' reads the unit 'metorology', which does not exist -> known units: shop"
    )


def test_a_variable_that_the_warehouse_needs_is_named(
    platform: Environment, dp: Dp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_PLATFORM_WAREHOUSE", "snowflake")
    monkeypatch.setenv("SNOWFLAKE_ACCOUNT", "acme")
    line = refused(platform, dp, "unit", "build", code=1)
    assert line.startswith("dp: dbt_projects/shop: the environment variable SNOWFLAKE_USER is not set, and the ware")
    assert "-> set SNOWFLAKE_USER, SNOWFLAKE_ROLE, SNOWFLAKE_WAREHOUSE, SNOWFLAKE_DATABASE, or DATA_PLATFORM" in line


def test_a_corrupt_prepared_graph_is_told_with_the_command_that_makes_it_anew(platform: Environment, dp: Dp) -> None:
    graph = platform.state / "dbt" / "local" / "shop" / "graph.json"
    graph.write_text(graph.read_text()[:100])
    line = refused(platform, dp, "unit", "build", code=1)
    assert line.startswith(f"dp: {graph}:1: is not a prepared dbt graph -> make it anew: `dp unit prepare shop`")
    prepared = dp("unit", "prepare", "shop")
    assert (prepared.code, prepared.out) == (0, "prepared 1 of 1 units\n")
    assert dp("unit", "check", "shop").code == 0


def test_a_repository_that_cannot_be_cloned_is_told(platform: Environment, dp: Dp, tmp_path: Path) -> None:
    line = refused(platform, dp, "unit", "new", "sales", "--dbt-repo", f"{tmp_path}/nowhere.git", code=1)
    assert line.startswith("dp: the repository cannot be added: ")
    assert f"-> check the address {tmp_path}/nowhere.git" in line
