"""A project as a step of a Dagster run: which events it reports, and how the run ends."""

from collections.abc import Sequence

import dagster as dg
import duckdb
import pytest

from data_platform.dbt import DbtProject, prepare, prepared
from data_platform.dbt.assets import dbt_assets
from tests.dbt.projects import LAYER_IS_SCHEMA, write_project

VISITS = {
    "macros/generate_schema_name.sql": LAYER_IS_SCHEMA,
    "dbt_project.yml": "name: visits\nprofile: visits\nmodels: {visits: {staging: {+schema: staging}}}\n",
    "seeds/guests.csv": "id,name\n1,ada\n2,grace\n3,\n",
    "models/staging/stg_guests.sql": "select id, name as \"Guest\" from {{ ref('guests') }}",
    "models/marts/named.sql": """\
{{ config(materialized='table') }} select * from {{ ref('stg_guests') }} where "Guest" is not null
""",
    # lies in a folder that bears the name of a model
    "models/marts/named/again.sql": "select * from {{ ref('named') }}",
    "models/marts/marts.yml": """\
models:
  - name: stg_guests
    columns:
      - name: id
        data_tests: [unique]
      - name: '"Guest"'
        data_tests: [{not_null: {name: every_guest_has_a_name, config: {severity: warn}}}]
  - name: named
    columns:
      - {name: id, description: Number of the guest.}
unit_tests:
  - name: the_nameless_are_left_out
    model: named
    given: [{input: ref('stg_guests'), rows: [{id: 1, Guest: ada}, {id: 2}]}]
    expect: {rows: [{id: 1}]}
""",
    "tests/few_guests.sql": """\
{{ config(severity='error', error_if='>5', warn_if='>1') }}
select * from {{ ref('named') }}
""",
    "snapshots/guests_history.yml": """\
snapshots:
  - name: guests_history
    relation: ref('guests')
    config: {schema: history, unique_key: id, strategy: check, check_cols: all}
""",
}


def run(
    project: DbtProject, selection: dg.AssetSelection | None = None, tags: dict[str, str] | None = None
) -> dg.ExecuteInProcessResult:
    """Build (a part of) the project in a run of its own."""
    assets = dbt_assets(project, prepared(project), owners=["team:visits"], pool=None)
    job = dg.define_asset_job("build", selection=dg.AssetSelection.all() if selection is None else selection)
    definitions = dg.Definitions(assets=[assets], jobs=[job], executor=dg.in_process_executor)
    return definitions.resolve_job_def("build").execute_in_process(tags=tags, raise_on_error=False)


def made(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetMaterialization]:
    """Materializations by asset key."""
    return {
        event.asset_key.to_user_string(): event.materialization
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def verdicts(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    """Check results by name."""
    return {found.check_name: found for found in result.get_asset_check_evaluations()}


def cause(result: dg.ExecuteInProcessResult) -> str:
    """What the failed step says."""
    error = result.get_step_failure_events()[0].step_failure_data.error
    assert error is not None
    return (error.cause or error).message


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DbtProject]:
    """The projects of this page, prepared together."""
    root = tmp_path_factory.mktemp("platform")
    files = {"visits": VISITS, "failing": FAILING, "by_day": BY_DAY}
    projects = {unit: write_project(root, unit, content) for unit, content in files.items()}
    assert prepare(list(projects.values())) == {}
    return projects


@pytest.fixture(scope="module")
def visits(projects: dict[str, DbtProject]) -> DbtProject:
    return projects["visits"]


@pytest.fixture(scope="module")
def built(visits: DbtProject) -> dg.ExecuteInProcessResult:
    """A run of everything."""
    return run(visits)


def test_a_build_writes_nothing_into_the_project(visits: DbtProject, built: dg.ExecuteInProcessResult) -> None:
    files = {path.relative_to(visits.folder).as_posix() for path in visits.folder.rglob("*") if path.is_file()}
    assert files == set(VISITS)
    assert not (visits.folder / "logs").exists()


def test_every_model_seed_and_snapshot_is_materialized(built: dg.ExecuteInProcessResult) -> None:
    assert built.success
    assert set(made(built)) == {
        "visits/seeds/guests",
        "visits/staging/stg_guests",
        "visits/marts/named",
        "visits/marts/again",
        "visits/snapshots/guests_history",
    }


def test_tables_tell_their_rows_and_views_do_not(built: dg.ExecuteInProcessResult) -> None:
    rows = {key: found.metadata.get("dagster/row_count") for key, found in made(built).items()}
    assert {key: count.value if count else None for key, count in rows.items()} == {
        "visits/seeds/guests": 3,
        "visits/staging/stg_guests": None,
        "visits/marts/named": 2,
        "visits/marts/again": None,
        "visits/snapshots/guests_history": 3,
    }


def test_a_materialization_shows_columns_and_where_they_come_from(built: dg.ExecuteInProcessResult) -> None:
    metadata = made(built)["visits/marts/named"].metadata
    schema = metadata["dagster/column_schema"].value
    assert isinstance(schema, dg.TableSchema)
    assert [(column.name, column.type, column.description) for column in schema.columns] == [
        (
            "id",
            "INTEGER",
            "Number of the guest.\n\nFrom [visits/staging/stg_guests](/assets/visits/staging/stg_guests) `id`",
        ),
        ("Guest", "VARCHAR", "From [visits/staging/stg_guests](/assets/visits/staging/stg_guests) `guest`"),
    ]
    lineage = metadata["dagster/column_lineage"].value
    assert isinstance(lineage, dg.TableColumnLineage)
    assert set(lineage.deps_by_column) == {"id", "Guest"}


def test_a_test_that_warns_shows_its_count_and_the_run_succeeds(built: dg.ExecuteInProcessResult) -> None:
    found = verdicts(built)["every_guest_has_a_name"]
    assert (found.passed, found.severity, found.metadata["failures"].value) == (False, dg.AssetCheckSeverity.WARN, 1)
    assert found.description == "Got 1 result, configured to warn if != 0"
    assert found.asset_key == dg.AssetKey(["visits", "staging", "stg_guests"])


def test_a_blocking_test_below_its_threshold_only_warns(built: dg.ExecuteInProcessResult) -> None:
    found = verdicts(built)["few_guests"]
    assert (found.passed, found.severity, found.metadata["failures"].value) == (False, dg.AssetCheckSeverity.WARN, 2)


def test_tests_and_unit_tests_that_pass_are_reported(built: dg.ExecuteInProcessResult) -> None:
    passed = {name for name, found in verdicts(built).items() if found.passed}
    assert passed == {"unique_stg_guests_id", "the_nameless_are_left_out"}


def test_a_selected_model_is_built_without_its_tests_and_what_lies_below_its_name(
    visits: DbtProject, built: dg.ExecuteInProcessResult
) -> None:
    alone = dg.AssetSelection.assets(dg.AssetKey(["visits", "marts", "named"])).without_checks()
    result = run(visits, alone)
    assert result.success
    assert set(made(result)) == {"visits/marts/named"}
    assert verdicts(result) == {}


def test_selected_checks_run_without_building_anything(visits: DbtProject, built: dg.ExecuteInProcessResult) -> None:
    result = run(visits, dg.AssetSelection.checks_for_assets(dg.AssetKey(["visits", "marts", "named"])))
    assert result.success
    assert made(result) == {}
    assert set(verdicts(result)) == {"few_guests", "the_nameless_are_left_out"}


FAILING = {
    "models/staging/zeroth.sql": "select 0 as id",
    "models/staging/first.sql": "select 1 as id",
    "models/staging/broken.sql": "select no_such_column from {{ ref('zeroth') }}",
    "models/marts/below_broken.sql": "select * from {{ ref('broken') }}",
    "models/marts/below_first.sql": "select * from {{ ref('first') }}",
    "models/staging/staging.yml": """\
models:
  - name: first
    columns: [{name: id, data_tests: [{accepted_values: {name: only_twos, arguments: {values: [2]}}}]}]
  - name: broken
    columns: [{name: id, data_tests: [not_null]}]
""",
}


@pytest.fixture(scope="module")
def failed(projects: dict[str, DbtProject]) -> dg.ExecuteInProcessResult:
    """A run with a model and a blocking test that fail."""
    return run(projects["failing"])


def test_a_failure_fails_the_run_with_one_line_that_names_file_and_test(failed: dg.ExecuteInProcessResult) -> None:
    assert not failed.success
    message = cause(failed)
    assert message.startswith("dagster._core.definitions.events.Failure: dbt: dbt_projects/failing/models/staging/")
    assert "(and 1 more)" in message
    assert "\n" not in message.strip()
    assert "Traceback" not in message
    metadata = failed.get_step_failure_events()[0].step_failure_data.user_failure_data
    assert metadata is not None
    told = sorted(metadata.metadata["failed"].value)
    assert told[0].startswith("dbt_projects/failing/models/staging/broken.sql: broken: ")
    assert "no_such_column" in told[0]
    assert told[1].startswith(
        "dbt_projects/failing/models/staging/staging.yml: only_twos: Got 1 result, configured to fail if != 0"
    )


def test_what_is_downstream_of_a_failure_is_not_built(failed: dg.ExecuteInProcessResult) -> None:
    assert set(made(failed)) == {"failing/staging/first", "failing/staging/zeroth"}
    found = verdicts(failed)
    assert set(found) == {"only_twos"}  # tests that were skipped have no verdict
    assert (found["only_twos"].passed, found["only_twos"].severity) == (False, dg.AssetCheckSeverity.ERROR)


BY_DAY = {
    "seeds/events.csv": "happened,n\n" + "".join(f"2024-01-0{day} 10:00:00,{day}\n" for day in range(1, 6)),
    "seeds/events.yml": "seeds: [{name: events, config: {event_time: happened, column_types: {happened: timestamp}}}]",
    "models/daily.sql": """\
{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened', batch_size='day',
          begin='2024-01-01', meta={'partitions_end': '2024-01-06'}) }}
select happened, n, cast('{{ env_var("RUN_OF_BY_DAY", "1") }}' as integer) as run from {{ ref('events') }}
""",
}


def days(first: int, last: int) -> dict[str, str]:
    return {
        "dagster/asset_partition_range_start": f"2024-01-0{first}",
        "dagster/asset_partition_range_end": f"2024-01-0{last}",
    }


def daily(project: DbtProject) -> Sequence[tuple[int, int]]:
    """The rows, and the run that built each."""
    with duckdb.connect(str(project.environment.duckdb_file("by_day"))) as connection:
        return connection.execute("select n, run from daily order by n").fetchall()


def test_a_run_of_partitions_rebuilds_these_and_no_other_and_a_batch_that_fails_tells_why(
    projects: dict[str, DbtProject], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = projects["by_day"]
    everything = run(project, tags=days(1, 5))
    assert everything.success
    assert daily(project) == [(n, 1) for n in range(1, 6)]
    partitions = [event.partition for event in everything.get_asset_materialization_events()]
    assert partitions.count("2024-01-03") == 1

    model = dg.AssetSelection.assets(dg.AssetKey(["by_day", "models", "daily"]))
    monkeypatch.setenv("RUN_OF_BY_DAY", "2")
    assert run(project, model, tags=days(2, 3)).success
    rebuilt = [(1, 1), (2, 2), (3, 2), (4, 1), (5, 1)]
    assert daily(project) == rebuilt

    monkeypatch.setenv("RUN_OF_BY_DAY", "x")
    broken = run(project, model, tags=days(4, 4))
    assert not broken.success
    assert "dbt_projects/by_day/models/daily.sql: daily: " in cause(broken)
    assert "Could not convert string 'x' to INT32" in cause(broken)
    assert daily(project) == rebuilt
