"""Deployments to a running platform of a checkout of its own. The tests build on each other."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.deployments.speaking import CODE, Platform, with_job
from tests.deployments.watching import watched
from tests.end_to_end.live import kill, until

pytestmark = pytest.mark.timeout(600)


NOT_IN_A_SERVER = (
    'import sys\n\nif "checking_process" not in sys.argv[0]:\n    raise RuntimeError("not in this server")\n'
)


def smoke_runs(platform: Platform) -> dict[str, str]:
    """Their statuses by run."""
    return {run["runId"]: run["status"] for run in platform.live.runs() if run["jobName"] == "smoking"}


def test_a_deployment_waits_for_the_run_in_flight_and_the_runs_that_wait_are_of_the_new_version(
    platform: Platform, tmp_path: Path
) -> None:
    live, word = platform.live, platform.word()
    smoked = smoke_runs(platform)
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
    assert not {flying, *waiting} & set(platform.said())

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
    assert json.loads(live.dp("hold", "list", "--json")) == []
    shown = json.loads(live.dp("deploy", "show", str(document["deployment"]), "--json"))
    assert shown == platform.latest() == document
    for run in (flying, *waiting):
        assert live.ended(run)["status"] == "SUCCESS"
    said_by = {run: platform.said()[run] for run in (flying, *waiting)}
    assert said_by == {flying: word} | dict.fromkeys(waiting, "new")
    # one from before may still have been on its way
    [smoke] = [status for run, status in smoke_runs(platform).items() if run not in smoked]
    assert smoke == "SUCCESS"
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
    served = platform.served()
    platform.write("broken", f"import nothing_of_this_name\n{CODE}")
    with watched(platform.live) as seen:
        said = platform.refused("fleet")
    assert (seen.errors, seen.versions) == (set(), {served})
    assert "fleet does not load, so nothing was changed" in said
    assert "code_locations/fleet/defs/speaking.py:1: ModuleNotFoundError: No module named 'nothing_of_this_na" in said
    assert said.count("docs/errors.md#") == 1
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
    first = "--changeset jana:1\nCREATE TABLE main.log (id int)\n--rollback DROP TABLE main.log\n"
    second = "--changeset jana:2\nINSERT INTO main.no_table VALUES (1)\n--rollback empty\n"
    platform.changelog("001.sql", f"{first}\n{second}")
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

    platform.changelog("001.sql", first)
    platform.live.dp("deploy", "fleet")
    assert len(platform.latest()["changesets"]["fleet"]) == 1


def test_a_smoke_run_that_fails_brings_the_old_version_back_and_the_waiting_runs_start_with_it(
    platform: Platform,
) -> None:
    word, served = platform.word(), platform.served()
    platform.write("bad", with_job("only_in_the_bad"))
    with watched(platform.live) as seen:
        deploying = platform.live.begin("deploy", "fleet", "--smoke", "fleet:smoking")
        platform.reads(deploying, "verifying")
        waiting = platform.speak()
        vanishing = platform.live.submit("fleet", "only_in_the_bad")
        _, told = deploying.communicate(timeout=120)
    assert deploying.returncode == 1
    assert seen.errors == set()
    said = told.splitlines()[-1]
    assert "failed and rolled back: " in said
    assert "it smokes" in said
    assert f"fleet serves {served} again" in told
    assert platform.latest()["state"] == "failed_and_rolled_back"
    assert not platform.holds()
    assert platform.served() == served
    assert platform.live.ended(waiting)["status"] == "SUCCESS"
    assert platform.said()[waiting] == word
    assert any("has no job only_in_the_bad" in line for line in platform.gone(vanishing))


def test_a_version_that_loads_everywhere_but_in_its_code_server_is_never_seen(platform: Platform) -> None:
    word, served = platform.word(), platform.served()
    good = platform.code.read_text()
    platform.write("elsewhere", f"{NOT_IN_A_SERVER}{CODE}")
    with watched(platform.live) as seen:
        said = platform.refused("fleet")
    assert "failed and rolled back: fleet does not load: " in said
    assert "not in this server" in said
    assert seen.looks > 10
    assert seen.errors == set()
    assert seen.versions == {served}
    assert platform.word() == word
    platform.code.write_text(good)


def test_units_that_have_loaded_go_back_with_the_one_that_does_not(platform: Platform) -> None:
    word, good = platform.word(), platform.code.read_text()
    other = platform.live.root / "code_locations/meteorology/defs/loads.py"
    before = {row["unit"]: row["served"] for row in platform.live.told("deploy", "status")["units"]}
    platform.write("elsewhere", f"import time\n\ntime.sleep(1)\n{NOT_IN_A_SERVER}{CODE}")
    other.write_text("import dagster as dg\n\nnothing = dg.Definitions()\n")
    with watched(platform.live, "meteorology") as seen:
        said = platform.refused("fleet", "meteorology")
    assert "failed and rolled back: fleet does not load: " in said
    assert seen.errors == set()
    assert before["meteorology"] in seen.versions
    assert seen.versions <= {before["meteorology"], platform.latest()["after"]["meteorology"]}
    assert {row["unit"]: row["served"] for row in platform.live.told("deploy", "status")["units"]} == before
    assert platform.word() == word
    platform.code.write_text(good)
    other.unlink()


def test_a_deployment_that_succeeded_is_brought_back_with_its_schema_by_one_command(platform: Platform) -> None:
    word, served = platform.word(), platform.served()
    platform.write("next")
    platform.changelog(
        "002.sql", "--changeset jana:back\nCREATE TABLE main.back (id int)\n--rollback DROP TABLE main.back\n"
    )
    platform.live.dp("deploy", "fleet")
    done = platform.latest()
    assert len(done["changesets"]["fleet"]) == 1
    assert platform.word() == "next"

    with watched(platform.live) as seen:
        platform.live.dp("deploy", "rollback", str(done["deployment"]))
    assert (seen.errors, seen.versions) == (set(), {served, done["after"]["fleet"]})
    back = platform.latest()
    assert (back["state"], back["undoes"], back["after"]["fleet"]) == ("succeeded", done["deployment"], served)
    assert platform.served() == served
    assert platform.word() == word
    [again] = json.loads(platform.live.dp("deploy", "fleet", "--forecast", "--json"))["units"]
    assert again["changesets"] == done["changesets"]["fleet"], "they have not run, as far as the warehouse knows"

    twice = platform.live.attempt("deploy", "rollback", str(done["deployment"]))
    assert twice.returncode == 1
    assert "which is not what deployment" in twice.stderr
    platform.live.dp("deploy", "fleet")
    assert platform.word() == "next"


def test_a_unit_that_was_deployed_is_served_from_the_checkout_again_when_that_is_asked_for(platform: Platform) -> None:
    platform.write("edited")
    assert platform.word() == "next", "what was deployed is served, whatever is on disk"
    refused = platform.live.attempt("unit", "build", "fleet")
    assert refused.returncode == 2
    assert "served as it was deployed, not as it is on disk" in refused.stderr
    platform.live.dp("deploy", "checkout", "fleet")
    assert platform.word() == "edited"
    platform.live.dp("deploy", "fleet")


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
