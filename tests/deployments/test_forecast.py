"""What a deployment would wait for, from runs as they are in a real PostgreSQL; and what it would change."""

import time
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from data_platform.cli.deploy_steps import refuse_without_pools
from data_platform.dbt.graph import DbtGraph, Model
from data_platform.deployments import runs
from data_platform.deployments.forecast import Forecast, InFlight, compare_graphs
from data_platform.environment import current_environment
from data_platform.errors import UsageError
from data_platform.gate import Holds
from data_platform.instance.connections import Database
from data_platform.units.unit import find_units


def add_run(
    database: Database, unit: str, status: str, *, began: float | None = None, took: float | None = None
) -> str:
    """A run of the job `build` that began so many seconds ago."""
    run = str(uuid.uuid4())
    start = None if began is None else time.time() - began
    end = None if start is None or took is None else start + took
    with database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO runs (run_id, pipeline_name, status, run_body, start_time, end_time)"
                " VALUES (:run, 'build', :status, '', :start, :end)"
            ),
            {"run": run, "status": status, "start": start, "end": end},
        )
        connection.execute(
            text("INSERT INTO run_tags (run_id, key, value) VALUES (:run, 'dagster/code_location', :unit)"),
            {"run": run, "unit": unit},
        )
    return run


def test_runs_in_flight_are_expected_to_take_as_long_as_their_job_did(database: Database, holds: Holds) -> None:
    for seconds in (10, 60, 30):
        add_run(database, "fleet", "SUCCESS", began=1000, took=seconds)
    add_run(database, "fleet", "FAILURE", began=1000, took=500)  # says nothing of how long a build takes
    add_run(database, "operations", "SUCCESS", began=1000, took=900)
    run = add_run(database, "fleet", "STARTED", began=12)
    starting = add_run(database, "fleet", "STARTING")
    queued = add_run(database, "fleet", "QUEUED")
    elsewhere = add_run(database, "operations", "STARTED", began=5)

    found = runs.in_flight(holds, ["fleet"])
    assert [each.run_id for each in found] == [run, starting]
    assert found[0].remaining == pytest.approx(18, abs=3)
    assert found[1].remaining == 30
    assert runs.waiting(holds, ["fleet"]) == (queued,)
    assert Forecast(found, (queued,), ()).drain_seconds == 30
    assert {each.run_id for each in runs.in_flight(holds, ["*"])} == {run, starting, elsewhere}


def test_what_never_ended_well_is_not_guessed(database: Database, holds: Holds) -> None:
    add_run(database, "fleet", "STARTED", began=12)
    [found] = runs.in_flight(holds, ["fleet"])
    assert found.remaining is None
    assert Forecast((found,), (), ()).drain_seconds is None
    assert Forecast((), (), ()).drain_seconds == 0


@given(st.lists(st.floats(0, 1e6)), st.floats(0, 1e6))
def test_a_run_that_is_late_may_end_at_any_moment(past: list[float], seconds: float) -> None:
    remaining = InFlight("run", "fleet", "build", "STARTED", seconds, tuple(past)).remaining
    assert (remaining is None) == (not past)
    assert remaining is None or 0 <= remaining <= max(past)


MODEL = Model(
    unique_id="model.fleet.a",
    key="fleet/marts/a",
    layer="marts",
    description="",
    path="a.sql",
    resource_type="model",
    materialized="table",
    public=False,
    upstream=[],
    columns=[],
    relation=["marts", "a"],
    code_version="1",
    selector="a",
)
NAMES = st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.sampled_from("12"), st.booleans()))


def graph(models: dict[str, tuple[str, bool]]) -> DbtGraph:
    return DbtGraph(
        "",
        "fleet",
        [
            replace(MODEL, key=name, code_version=version, upstream=["x"] if reads else [])
            for name, (version, reads) in models.items()
        ],
        [],
        [],
    )


@given(NAMES, NAMES)
def test_models_are_added_changed_removed_or_as_they_were(
    before: dict[str, tuple[str, bool]], after: dict[str, tuple[str, bool]]
) -> None:
    changes = compare_graphs(graph(before), graph(after))
    assert set(changes.added) == set(after) - set(before)
    assert set(changes.removed) == set(before) - set(after)
    assert set(changes.changed) == {name for name in set(before) & set(after) if before[name] != after[name]}
    back = compare_graphs(graph(after), graph(before))
    assert (back.added, back.changed, back.removed) == (changes.removed, changes.changed, changes.added)


def test_only_runs_that_are_waited_for_to_their_end_make_a_forecast_longer() -> None:
    forecast = Forecast(
        (InFlight("a", "fleet", "build", "STARTED", 2, (60,)), InFlight("b", "fleet", "x", "STARTED", 1)), (), ()
    )
    assert forecast.drain_seconds is None
    held = forecast.held_between_steps(["b"])
    assert held.drain_seconds == 58
    assert [run["between_steps"] for run in held.as_document()["in_flight"]] == [False, True]


def test_steps_that_need_no_pool_cannot_be_held() -> None:
    environment = current_environment({})
    units = find_units(environment, ["fleet"])
    refuse_without_pools(units)
    elsewhere = [replace(unit, environment=replace(environment, warehouse="snowflake")) for unit in units]
    with pytest.raises(UsageError, match="the steps of fleet cannot be held: on snowflake they need no pool"):
        refuse_without_pools(elsewhere)
