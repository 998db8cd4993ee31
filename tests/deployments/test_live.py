"""Deployments to a running platform of a checkout of its own. The tests build on each other."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.end_to_end.checkout import make_checkout
from tests.end_to_end.conftest import own_state
from tests.end_to_end.live import Live, free_port, kill, until

pytestmark = pytest.mark.timeout(600)

CODE = """
import os, time
import dagster as dg

WORD = "old"


@dg.op(config_schema={"say": str, "until": dg.Field(str, default_value="")})
def speak(context: dg.OpExecutionContext) -> None:
    until = context.op_config["until"]
    while until and not os.path.exists(until):
        time.sleep(0.1)
    with open(context.op_config["say"], "a") as file:
        file.write(f"{context.run_id} {WORD}\\n")


@dg.job(executor_def=dg.in_process_executor)
def speaking() -> None:
    speak()


@dg.op
def breathe() -> None:
    if WORD == "bad":
        raise dg.Failure("it smokes")


@dg.job(executor_def=dg.in_process_executor)
def smoking() -> None:
    breathe()
"""
_LAUNCH = """
mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }
"""


class Platform:
    """The platform, with a job in fleet that says which version it is of."""

    def __init__(self, live: Live, folder: Path) -> None:
        self.live, self.said_file = live, folder / "said"
        self.code = live.root / "code_locations/fleet/defs/speaking.py"

    def write(self, word: str, code: str = CODE) -> None:
        self.code.write_text(code.replace('WORD = "old"', f"WORD = {word!r}"))

    def speak(self, until_file: Path | None = None) -> str:
        config = {"say": str(self.said_file), "until": str(until_file or "")}
        params = {
            "selector": {
                "repositoryLocationName": "fleet",
                "repositoryName": "__repository__",
                "jobName": "speaking",
            },
            "runConfigData": {"ops": {"speak": {"config": config}}},
        }
        answer = self.live.ask(_LAUNCH, params=params)["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def said(self) -> dict[str, str]:
        lines = self.said_file.read_text().splitlines() if self.said_file.exists() else []
        return dict(line.split() for line in lines)

    def status_of(self, run: str) -> str:
        return str(self.live.run(run)["status"])

    def heard(self, number: int) -> list[tuple[str, str]]:
        """Events of a deployment that the hook has heard, with the deployment's state at that time."""
        documents = map(json.loads, self.said_file.with_name("heard").read_text().splitlines())
        return [
            (each["event"], each["deployment"]["state"])
            for each in documents
            if each["deployment"]["deployment"] == number
        ]

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a deployment, and wait until it drains."""
        deploying = self.live.begin("deploy", *arguments)
        until(lambda: (self.holds() and self.latest()["phase"] == "draining") or deploying.poll() is not None)
        assert deploying.poll() is None, deploying.communicate()
        return deploying

    def holds(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.live.dp("hold", "list", "--json"))
        return found

    def refused(self, *arguments: str) -> str:
        """A deployment that fails: what it says in its one line."""
        done = self.live.attempt("deploy", *arguments)
        assert done.returncode == 1, done
        assert "Traceback" not in done.stderr, done
        last = done.stderr.splitlines()[-1]
        assert last.startswith("dp: deployment "), done
        return last

    def latest(self) -> dict[str, Any]:
        number = json.loads(self.live.dp("deploy", "history", "--limit", "1", "--json"))[0]["deployment"]
        found: dict[str, Any] = json.loads(self.live.dp("deploy", "show", str(number), "--json"))
        return found


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with own_state() as state:
        folder = tmp_path_factory.mktemp("said")
        hook = folder / "hook"
        hook.write_text(f"#!/bin/sh\ncat >>'{folder}/heard'\necho >>'{folder}/heard'\n")
        hook.chmod(0o755)
        checkout = make_checkout(tmp_path_factory.mktemp("checkout"))
        live = Live(state, free_port(), checkout, {"DATA_PLATFORM_DEPLOYMENT_HOOK": str(hook)})
        platform = Platform(live, folder)
        platform.write("old")
        live.dp("up", "--detach", "--no-build", "--port", str(live.port))
        yield platform


def test_a_deployment_waits_for_the_run_in_flight_and_the_runs_that_wait_are_of_the_new_version(
    platform: Platform, tmp_path: Path
) -> None:
    live = platform.live
    flying = platform.speak(tmp_path / "go on")
    until(lambda: platform.status_of(flying) == "STARTED")
    platform.write("new")

    forecast = json.loads(live.dp("deploy", "fleet", "--forecast", "--json"))
    assert [run["run_id"] for run in forecast["in_flight"]] == [flying]
    [change] = forecast["units"]
    assert change["changes"]
    assert change["served"] != change["on_disk"]
    assert not any(change["models"].values())

    deploying = platform.begin("--reason", "a new word", "--smoke", "fleet:smoking", "--json")
    waiting = []
    for _ in range(6):
        waiting.append(platform.speak())
        time.sleep(0.5)
    assert {platform.status_of(run) for run in waiting} == {"QUEUED"}
    told = [event["message"] for event in live.run(waiting[0])["events"] if event.get("message")]
    assert any("Reason: a new word." in message for message in told)
    assert platform.status_of(flying) == "STARTED"
    assert not platform.said()

    (tmp_path / "go on").touch()
    said, progress = deploying.communicate(timeout=120)
    assert deploying.returncode == 0, (said, progress)
    document = json.loads(said)
    assert document["state"] == "succeeded"
    assert [each["phase"] for each in document["phases"]] == [
        *("validating", "waiting", "holding", "draining", "schema", "code", "verifying", "releasing")
    ]
    assert document["before"]["fleet"] == change["served"]
    assert document["after"]["fleet"] == change["on_disk"]
    assert document["uncommitted"]
    assert platform.heard(document["deployment"]) == [("started", "validating"), ("finished", "succeeded")]
    assert not platform.holds()
    for run in (flying, *waiting):
        assert live.ended(run)["status"] == "SUCCESS"
    assert platform.said() == {flying: "old"} | dict.fromkeys(waiting, "new")
    smoked = [run for run in live.runs() if run["jobName"] == "smoking"]
    assert [run["status"] for run in smoked] == ["SUCCESS"]
    [row] = [row for row in json.loads(live.dp("deploy", "status", "--json"))["units"] if row["unit"] == "fleet"]
    assert row["served"] == row["deployed"] == row["on_disk"] == change["on_disk"]
    assert live.dp("deploy") == "nothing to deploy: every unit is served as it is on disk\n"


def test_people_see_the_last_deployment_on_the_page_of_its_asset(platform: Platform, browser: Any) -> None:
    latest = platform.latest()
    page = browser.new_page(viewport={"width": 1400, "height": 1100}, base_url=platform.live.address)
    page.set_default_timeout(60_000)
    page.goto("/assets/platform/deployments/fleet")
    expect(page.get_by_text("a new word", exact=True).first).to_be_visible(timeout=60_000)
    expect(page.get_by_text(latest["after"]["fleet"], exact=True).first).to_be_visible()
    expect(page.get_by_text("succeeded", exact=True).first).to_be_visible()
    page.goto("/assets/platform/deployments/fleet?view=checks")
    for name in ("loads", "schema", "verified", "settled"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Passed").first).to_be_visible()
    page.close()


def test_a_version_that_does_not_load_is_refused_while_the_old_one_keeps_serving(platform: Platform) -> None:
    good = platform.code.read_text()
    platform.write("broken", f"import nothing_of_this_name\n{CODE}")
    said = platform.refused("fleet")
    assert "fleet does not load, so nothing was changed" in said
    assert "nothing_of_this_name" in said
    assert platform.latest()["state"] == "failed"
    assert [each["phase"] for each in platform.latest()["phases"]] == ["validating"]  # nothing was held
    assert not platform.holds()
    assert platform.live.healthy()
    platform.code.write_text(good)


@pytest.mark.slow
def test_a_drain_that_takes_too_long_is_given_up_and_the_waiting_runs_go_on(platform: Platform, tmp_path: Path) -> None:
    flying = platform.speak(tmp_path / "go on")
    until(lambda: platform.status_of(flying) == "STARTED")
    assert "runs were still in flight after 2 s (1), so nothing was changed" in platform.refused(
        "fleet", "--drain-limit", "2s"
    )
    assert platform.latest()["state"] == "failed"
    after = platform.speak()
    assert platform.live.ended(after)["status"] == "SUCCESS"
    assert platform.status_of(flying) == "STARTED"
    (tmp_path / "go on").touch()
    assert platform.live.ended(flying)["status"] == "SUCCESS"


@pytest.mark.slow
def test_changesets_of_a_deployment_that_fails_are_rolled_back(platform: Platform) -> None:
    folder = platform.live.root / "code_locations/fleet/schema"
    folder.mkdir()
    first = "--changeset jana:1\nCREATE TABLE main.log (id int)\n--rollback DROP TABLE main.log\n"
    second = "--changeset jana:2\nINSERT INTO main.no_table VALUES (1)\n--rollback empty\n"
    (folder / "001.sql").write_text(f"--liquibase formatted sql\n\n{first}\n{second}")
    [change] = json.loads(platform.live.dp("deploy", "fleet", "--forecast", "--json"))["units"]
    assert len(change["changesets"]) == 2
    assert change["without_rollback"] == []

    assert "failed and rolled back" in platform.refused("fleet")
    document = platform.latest()
    assert document["state"] == "failed_and_rolled_back"
    assert len(document["changesets"]["fleet"]) == 1
    assert "no_table" in document["cause"]
    assert not platform.holds()
    [again] = json.loads(platform.live.dp("deploy", "fleet", "--forecast", "--json"))["units"]
    assert again["changesets"] == change["changesets"]

    (folder / "001.sql").write_text(f"--liquibase formatted sql\n\n{first}")
    platform.live.dp("deploy", "fleet")
    assert len(platform.latest()["changesets"]["fleet"]) == 1


@pytest.mark.slow
def test_a_smoke_run_that_fails_keeps_the_hold_and_says_what_to_do(platform: Platform) -> None:
    platform.write("bad")
    said = platform.refused("fleet", "--smoke", "fleet:smoking")
    assert "rollback failed: " in said
    assert "it smokes" in said
    assert "the code cannot be rolled back" in said
    assert platform.heard(platform.latest()["deployment"]) == [
        ("started", "validating"),
        ("finished", "rollback_failed"),
        ("needs_a_person", "rollback_failed"),
    ]
    [hold] = platform.holds()
    status = platform.live.dp("deploy", "status", exit_code=1)
    assert f"dp hold release {hold['hold']} --force" in status
    waiting = platform.speak()

    platform.write("good")
    platform.live.dp("hold", "release", str(hold["hold"]), "--force")
    platform.live.dp("deploy", "fleet")
    platform.live.dp("deploy", "status")
    assert platform.live.ended(waiting)["status"] == "SUCCESS"
    assert platform.said()[waiting] == "good"


@pytest.mark.slow
@pytest.mark.parametrize("units", [("fleet", "operations"), ("--all",)])
def test_several_units_are_deployed_in_one_gap_and_smoke_runs_start_in_spite_of_it(
    platform: Platform, units: tuple[str, ...]
) -> None:
    platform.live.dp("deploy", *units, "--smoke", "fleet:smoking")
    assert platform.latest()["state"] == "succeeded"
    assert set(platform.latest()["after"]) >= {"fleet", "operations"}
    assert not platform.holds()


@pytest.mark.slow
def test_a_newer_deployment_ends_an_older_one_of_the_same_units_that_waits(platform: Platform) -> None:
    held = json.loads(platform.live.dp("hold", "take", "--unit", "fleet", "--reason", "disk", "--json"))[0]["hold"]
    older = platform.live.begin("deploy", "fleet", "--reason", "older")
    until(lambda: platform.latest()["phase"] == "waiting")
    newer = platform.live.begin("deploy", "fleet", "--reason", "newer")
    _, said = older.communicate(timeout=60)
    assert older.returncode == 1
    assert "1st in line; about " in said
    assert "superseded: deployment" in said.splitlines()[-1]
    assert newer.poll() is None
    platform.live.dp("hold", "release", str(held))
    newer.communicate(timeout=120)
    assert newer.returncode == 0
    states = [row["state"] for row in json.loads(platform.live.dp("deploy", "history", "--limit", "2", "--json"))]
    assert states == ["succeeded", "superseded"]


@pytest.mark.slow
def test_a_deployment_that_is_told_to_end_gives_its_hold_back(platform: Platform, tmp_path: Path) -> None:
    flying = platform.speak(tmp_path / "go on")
    until(lambda: platform.status_of(flying) == "STARTED")
    deploying = platform.begin("fleet")
    deploying.terminate()
    _, said = deploying.communicate(timeout=30)
    assert deploying.returncode == 1
    assert said.splitlines()[-1].endswith("failed: it was interrupted")
    assert not platform.holds()
    (tmp_path / "go on").touch()
    assert platform.live.ended(flying)["status"] == "SUCCESS"


@pytest.mark.slow
def test_a_deployer_that_is_killed_while_it_drains_leaves_a_hold_that_ends_by_itself(
    platform: Platform, tmp_path: Path
) -> None:
    flying = platform.speak(tmp_path / "go on")
    until(lambda: platform.status_of(flying) == "STARTED")
    deploying = platform.begin("fleet")
    waiting = platform.speak()
    kill(deploying.pid)
    deploying.communicate()
    assert platform.status_of(waiting) == "QUEUED"
    assert platform.live.ended(waiting)["status"] == "SUCCESS"
    (tmp_path / "go on").touch()
    assert platform.live.ended(flying)["status"] == "SUCCESS"
    assert not platform.holds()
    until(lambda: platform.latest()["state"] == "failed", 30)
    assert platform.latest()["cause"] == "its deployer died while draining; nothing was changed"
    platform.live.dp("deploy", "fleet")
