"""What a deployment says in Dagster: as data, as events of a real instance, and to listeners once each."""

import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import text

from data_platform.cli.main import run
from data_platform.deployments.assets import deployment_definitions, deployments_key, report
from data_platform.deployments.deployment import Deployment
from data_platform.deployments.ledger import Ledger
from data_platform.deployments.phases import Outcome, Phase
from data_platform.deployments.report import Gate, reports_of
from data_platform.deployments.telling import Event, Listener, Telling
from data_platform.instance.connections import Database
from data_platform.units.card import UnitCard
from tests.deployments.attempts import ASKED, FORWARD, attempt, until

HOME = Path(__file__).parents[2] / "dagster_home"
KEY = deployments_key("fleet")
SUCCEEDED = attempt(FORWARD, Outcome.SUCCEEDED, changesets={"fleet": ["001.sql::1::jana"]})


@pytest.fixture
def instance(
    database: Database, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", url)
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", str(HOME))
    with database.connect() as connection:
        connection.exec_driver_sql("DELETE FROM event_logs; DELETE FROM asset_check_executions; DELETE FROM asset_keys")
    with dg.DagsterInstance.get() as instance:
        yield instance


def checks_of(instance: dg.DagsterInstance, unit: str = "fleet") -> dict[str, tuple[bool, str | None]]:
    """The last evaluation of each gate."""
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(deployments_key(unit), str(gate)) for gate in Gate]
    )
    found = {}
    for key, record in records.items():
        assert record.event
        evaluation = record.event.asset_check_evaluation
        assert evaluation
        found[key.name] = (evaluation.passed, evaluation.description)
    return found


def materializations(instance: dg.DagsterInstance, unit: str = "fleet") -> list[dg.AssetMaterialization]:
    found = [
        record.asset_materialization for record in instance.fetch_materializations(deployments_key(unit), 10).records
    ]
    return [each for each in found if each]


@pytest.mark.parametrize(
    ("deployment", "gates", "serves"),
    [
        (SUCCEEDED, {"loads": True, "schema": True, "verified": True, "settled": True}, True),
        (attempt(until(Phase.VALIDATING), Outcome.FAILED), {"loads": False, "settled": True}, False),
        (attempt(until(Phase.WAITING), Outcome.FAILED), {"loads": True, "settled": True}, False),
        (attempt(until(Phase.DRAINING, Phase.RELEASING), Outcome.FAILED), {"loads": True, "settled": True}, False),
        (
            attempt(until(Phase.SCHEMA, Phase.RELEASING), Outcome.FAILED),
            {"loads": True, "schema": False, "settled": True},
            False,
        ),
        (
            attempt(until(Phase.SCHEMA, Phase.ROLLING_BACK, Phase.RELEASING), Outcome.FAILED_AND_ROLLED_BACK),
            {"loads": True, "schema": False, "settled": True},
            False,
        ),
        (
            attempt(until(Phase.CODE, Phase.ROLLING_BACK), Outcome.ROLLBACK_FAILED),
            {"loads": False, "schema": True, "settled": False},
            False,
        ),
        (
            attempt(until(Phase.VERIFYING, Phase.ROLLING_BACK, Phase.RELEASING), Outcome.FAILED_AND_ROLLED_BACK),
            {"loads": True, "schema": True, "verified": False, "settled": True},
            False,
        ),
        (
            attempt(until(Phase.VERIFYING, Phase.ROLLING_BACK), Outcome.ROLLBACK_FAILED),
            {"loads": True, "schema": True, "verified": False, "settled": False},
            False,
        ),
        (attempt(until(Phase.SCHEMA), None), {"loads": True, "schema": False, "settled": False}, False),
    ],
    ids=lambda value: f"{value.state}-{value.phase}" if isinstance(value, Deployment) else "",
)
def test_the_gate_at_which_a_deployment_stopped_has_failed_and_those_it_passed_have_not(
    deployment: Deployment, gates: dict[str, bool], serves: bool
) -> None:
    reports = reports_of(deployment)
    assert [each.unit for each in reports] == ["fleet", "meteorology"]
    for each in reports:
        assert {str(found.gate): found.passed for found in each.gates} == gates
        assert each.serves == serves


def test_what_failed_says_why_and_what_is_not_known_is_left_out() -> None:
    deployment = attempt(until(Phase.SCHEMA, Phase.ROLLING_BACK), Outcome.ROLLBACK_FAILED, "no table; and no rollback")
    fleet, meteorology = reports_of(deployment)
    said = {str(found.gate): found.said for found in fleet.gates}
    assert said["loads"] == "deployment 12: version new loads"
    assert said["schema"] == "deployment 12: no table; and no rollback"
    assert said["settled"] == "deployment 12: runs wait until a person settles it: no table; and no rollback"
    assert fleet.facts["outcome"] == "rollback failed"
    assert fleet.facts["version before"] == "old"
    assert "version before" not in meteorology.facts
    assert "changesets" not in fleet.facts
    [abandoned, _] = reports_of(attempt(until(Phase.CODE), None))
    assert abandoned.gates[-1].said.endswith("its deployer died while code")


def test_a_superseded_deployment_says_nothing() -> None:
    assert reports_of(attempt(until(Phase.WAITING), Outcome.SUPERSEDED)) == []


def test_a_deployment_that_succeeded_is_a_materialization_with_all_that_is_known(instance: dg.DagsterInstance) -> None:
    report(instance, SUCCEEDED)
    [made] = materializations(instance)
    assert {name: value.value for name, value in made.metadata.items() if name != "phases"} == {
        "deployment": 12,
        "outcome": "succeeded",
        "by": "jana@host",
        "reason": "faster marts",
        "link": "https://example.org/1",
        "units": "fleet, meteorology",
        "version before": "old",
        "version after": "new",
        "commit": f"{'a' * 40} with uncommitted changes",
        "submodules": {"dbt_projects/fleet": "b" * 40},
        "manifest": "hash",
        "changesets": ["001.sql::1::jana"],
        "seconds": 80.0,
    }
    assert isinstance(made.metadata["link"], dg.UrlMetadataValue)
    phases = made.metadata["phases"]
    assert isinstance(phases, dg.TableMetadataValue)
    assert [record.data for record in phases.records] == [{"phase": str(each), "seconds": 10.0} for each in FORWARD]
    assert (made.tags or {})["dagster/data_version"] == "new"
    assert {name: passed for name, (passed, _) in checks_of(instance).items()} == dict.fromkeys(map(str, Gate), True)
    assert checks_of(instance)["schema"][1] == "deployment 12: changesets that ran: 1"
    assert len(materializations(instance, "meteorology")) == 1


def test_a_deployment_that_failed_is_an_observation_and_failed_checks(instance: dg.DagsterInstance) -> None:
    phases = until(Phase.VERIFYING, Phase.ROLLING_BACK, Phase.RELEASING)
    report(instance, attempt(phases, Outcome.FAILED_AND_ROLLED_BACK, "it smokes"))
    assert materializations(instance) == []
    [observed] = instance.fetch_observations(KEY, 10).records
    assert observed.asset_observation
    assert observed.asset_observation.metadata["cause"].value == "it smokes"
    assert checks_of(instance)["verified"] == (False, "deployment 12: it smokes")
    assert checks_of(instance)["settled"] == (True, "deployment 12: rolled back: it smokes")


def test_the_definitions_have_an_asset_a_unit_and_its_checks_read_the_ledger(
    instance: dg.DagsterInstance, ledger: Ledger
) -> None:
    card = UnitCard(name="fleet", title="Fleet", owners=["team:fleet"])
    found = deployment_definitions([card])
    graph = found.resolve_asset_graph()
    node = graph.get(KEY)
    assert (node.group_name, node.is_executable, list(node.owners)) == ("platform", False, ["team:fleet"])
    assert node.description
    assert {check.name for check in graph.asset_check_keys} == {"loads", "schema", "verified", "settled"}

    ledger.end(ledger.begin(ASKED), None, Outcome.FAILED, "it does not load")
    job = dg.Definitions(
        assets=found.assets,
        asset_checks=found.asset_checks,
        jobs=[dg.define_asset_job("look", dg.AssetSelection.all_asset_checks())],
    ).resolve_job_def("look")
    done = job.execute_in_process(instance=instance)
    passed = {each.check_name: each.passed for each in done.get_asset_check_evaluations()}
    assert passed == {"loads": False, "schema": True, "verified": True, "settled": True}
    assert deployment_definitions([]).assets is None


def test_a_deployment_that_died_is_reported_by_the_next_command_and_once(
    instance: dg.DagsterInstance, ledger: Ledger, database: Database
) -> None:
    harmless, harmful = ledger.begin(ASKED, Phase.DRAINING), ledger.begin(ASKED, Phase.CODE)
    with database.connect() as connection:
        connection.execute(text("UPDATE platform.deployment SET seen_at = seen_at - interval '61 s'"))
    for _ in range(2):
        assert run(["deploy", "history"]) == 0
    observed = [
        each.asset_observation.metadata["deployment"].value
        for each in instance.fetch_observations(KEY, 10).records
        if each.asset_observation
    ]
    assert sorted(observed) == [harmless, harmful]
    passed, said = checks_of(instance)["settled"]
    assert not passed
    assert said == f"deployment {harmful}: runs wait until a person settles it: its deployer died while code"


def test_who_could_not_be_told_is_told_by_the_next_command(ledger: Ledger, database: Database) -> None:
    number = ledger.begin(ASKED)
    ledger.end(number, None, Outcome.FAILED, "it does not load")
    heard: list[int] = []
    failures: list[str] = []

    def refuse(event: Event, deployment: Deployment) -> None:
        raise OSError("nobody is there\nat all")

    other = Listener("other", lambda event, deployment: heard.append(deployment.id))
    Telling(database, [Listener("one", refuse), other], failures.append).tell_untold()
    assert failures == [f"deployment {number}: one could not be told that it finished: nobody is there"]
    assert heard == [number]
    again = Listener("one", lambda event, deployment: heard.append(deployment.id))
    for _ in range(2):
        Telling(database, [again, other], failures.append).tell_untold()
    assert heard == [number, number]
    assert len(failures) == 1


def test_two_commands_at_a_time_tell_it_once(ledger: Ledger, database: Database) -> None:
    ledger.end(ledger.begin(ASKED), None, Outcome.FAILED, "it does not load")
    heard: list[int] = []
    failures: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def hear(event: Event, deployment: Deployment) -> None:
        heard.append(deployment.id)
        begun.set()
        assert go_on.wait(60)

    telling = Telling(database, [Listener("one", hear)], failures.append)
    threads = [threading.Thread(target=telling.tell_untold) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert begun.wait(60)
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert len(heard) == 1
    assert failures == []


def test_what_has_been_over_for_days_is_not_told(ledger: Ledger, database: Database) -> None:
    ledger.end(ledger.begin(ASKED), None, Outcome.ROLLBACK_FAILED, "twice")
    listener = Listener("one", lambda event, deployment: None)
    telling = Telling(database, [listener], pytest.fail)
    assert len(telling.untold(listener, Event.FINISHED)) == 1
    assert len(telling.untold(listener, Event.NEEDS_A_PERSON)) == 1
    with database.connect() as connection:
        connection.execute(text("UPDATE platform.deployment SET seen_at = seen_at - interval '2 days'"))
    assert telling.untold(listener, Event.FINISHED) == []
    assert telling.untold(listener, Event.NEEDS_A_PERSON) == []
