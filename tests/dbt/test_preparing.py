"""Preparing projects: when it happens, what it leaves behind, and how what is wrong with a project is told."""

import subprocess
import sys
from pathlib import Path

import pytest

from data_platform.dbt import DbtError, DbtProject, prepare, prepared
from data_platform.dbt.graph import read_graph
from data_platform.environment import current_environment
from tests.dbt.bad import BAD
from tests.dbt.projects import write_files, write_project

ONE = {"models/marts/one.sql": "select 1 as id"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform with one good project and many bad ones."""
    root = tmp_path_factory.mktemp("platform")
    for unit, (files, _, _) in BAD.items():
        write_project(root, unit, files)
    write_project(root, "good", ONE)
    return root


def project(root: Path, unit: str) -> DbtProject:
    return DbtProject(unit, root / "dbt_projects" / unit, current_environment({}, root))


@pytest.fixture(scope="module")
def errors(root: Path) -> dict[str, DbtError]:
    """What preparing them all says, by unit."""
    return prepare([project(root, unit) for unit in [*BAD, "good"]])


@pytest.fixture
def good(root: Path, errors: dict[str, DbtError]) -> DbtProject:
    """The good project; prepared."""
    return project(root, "good")


@pytest.mark.parametrize("unit", BAD)
def test_a_project_that_does_not_parse_is_told_in_one_line_with_file_and_line(
    errors: dict[str, DbtError], unit: str
) -> None:
    _, beginning, words = BAD[unit]
    message = str(errors[unit])
    assert message.startswith(beginning)
    assert words in message
    assert "\n" not in message
    assert "Traceback" not in message


def test_a_bad_project_never_stops_the_good_ones(errors: dict[str, DbtError], good: DbtProject) -> None:
    assert set(errors) == set(BAD)
    assert [model.key for model in read_graph(good.graph_file).models] == ["good/marts/one"]


def test_preparing_writes_nothing_into_the_project(good: DbtProject) -> None:
    files = [path.relative_to(good.folder).as_posix() for path in sorted(good.folder.rglob("*"))]
    assert files == ["dbt_project.yml", "models", "models/marts", "models/marts/one.sql"]


def test_a_project_that_does_not_exist_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DbtError) as caught:
        prepared(project(tmp_path, "shop"))
    assert str(caught.value).startswith(
        "dbt_projects/shop: there is no dbt project here -> put the project there "
        "(`git submodule update --init dbt_projects/shop` if it is a submodule), or correct `dbt.project`"
    )
    assert not list(tmp_path.iterdir())


def test_a_project_that_breaks_keeps_its_earlier_graph(good: DbtProject) -> None:
    graph = prepared(good)
    made = good.graph_file.stat().st_mtime_ns
    write_files(good.folder, {"models/marts/one.sql": "select {{ "})
    assert set(prepare([good])) == {"good"}
    write_files(good.folder, ONE)
    assert prepared(good) == graph
    assert good.graph_file.stat().st_mtime_ns == made


def test_a_project_is_prepared_again_only_when_a_file_of_it_changed(good: DbtProject) -> None:
    graph = prepared(good)
    made = good.graph_file.stat().st_mtime_ns
    # what dbt itself writes into a project, and a file written again as it was, change nothing
    write_files(good.folder, {"target/run.sql": "x", "logs/dbt.log": "x", "good.duckdb": "x", **ONE})
    assert prepared(good) == graph
    assert prepare([good]) == {}
    assert good.graph_file.stat().st_mtime_ns == made
    # but a folder of models may well be called target
    write_files(good.folder, {"models/target/two.sql": "select 2 as id"})
    assert {model.key for model in prepared(good).models} == {"good/marts/one", "good/target/two"}


def test_commands_that_prepare_the_same_projects_at_once_prepare_each_once(tmp_path: Path) -> None:
    for unit in ("a", "b"):
        write_project(tmp_path, unit, ONE)
    program = (
        "import sys; from pathlib import Path; from data_platform.dbt import DbtProject, prepare\n"
        "from data_platform.environment import current_environment as environment\n"
        "root = Path(sys.argv[1]); found = [DbtProject(u, root / 'dbt_projects' / u, environment({}, root))"
        " for u in sys.argv[2]]\n"
        "print(prepare(found), [(p.unit, p.graph_file.stat().st_ino) for p in sorted(found, key=lambda p: p.unit)])"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, tmp_path, order], stdout=subprocess.PIPE, text=True)
        for order in ("ab", "ba")
    ]
    answers = [process.communicate(timeout=120)[0] for process in processes]
    assert answers[0] == answers[1]  # the same files: whoever came second found them made
    assert answers[0].startswith("{} [('a', ")
