"""Units break, are mended, are added and removed while the others go on. The tests build on each other."""

import json
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page, expect

from data_platform.instance.embedded import EmbeddedPostgres
from tests.end_to_end.checkout import make_checkout
from tests.end_to_end.conftest import own_state
from tests.end_to_end.live import Live, free_port, until


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A platform of a checkout of its own; nothing is built yet."""
    with own_state() as state:
        platform = Live(state, free_port(), make_checkout(tmp_path_factory.mktemp("checkout")))
        platform.dp("up", "--detach", "--no-build", "--port", str(platform.port))
        yield platform


@pytest.fixture
def locations_page(mine: Live, browser: Any) -> Iterator[Page]:
    """The page of the code locations."""
    with browser.new_context(base_url=mine.address) as context:
        page = context.new_page()
        page.goto("/locations")
        yield page


def processes(live: Live) -> dict[str, tuple[int, int]]:
    """Process number and restarts of each program."""
    return {item["name"]: (item["pid"], item["restarts"]) for item in live.status()["processes"]}


def location(live: Live, name: str) -> dict[str, Any]:
    return next(item for item in live.status()["locations"] if item["name"] == name)


def row(page: Page, name: str) -> Any:
    return page.locator("[data-index]").filter(has=page.get_by_text(name, exact=True))


def test_a_wrong_card_is_told_with_its_line_and_the_other_units_go_on(mine: Live, locations_page: Page) -> None:
    before = processes(mine)
    card = mine.root / "code_locations/fleet/unit.yaml"
    sound = card.read_text()
    card.write_text(f"{sound}colour: blue\n")
    line = sound.count("\n") + 1
    row(locations_page, "fleet").get_by_role("button", name="Reload").click()

    found = until(lambda: location(mine, "fleet")["state"] == "failed" and location(mine, "fleet"))
    told = f"{found['error']} ({found['where']})"
    assert f"code_locations/fleet/unit.yaml:{line}" in told
    assert "colour" in told
    assert "\n" not in told
    [shown] = [text for text in mine.dp("status", exit_code=1).splitlines() if re.search(r"fleet +failed", text)]
    assert f"unit.yaml:{line}" in shown
    assert {item["name"]: item["state"] for item in mine.status()["locations"]} == {
        "data_platform": "loaded",
        "fleet": "failed",
        "meteorology": "loaded",
        "operations": "loaded",
    }
    expect(row(locations_page, "fleet").get_by_text("Failed")).to_be_visible(timeout=60_000)
    row(locations_page, "fleet").get_by_text("View error").click()
    expect(locations_page.get_by_text(f"code_locations/fleet/unit.yaml:{line}").first).to_be_visible()

    refused = mine.attempt("unit", "build", "fleet")
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert f"code_locations/fleet/unit.yaml:{line}" in refused.stderr
    built = json.loads(mine.dp("unit", "build", "meteorology", "--json"))
    assert built["total"]["status"] == "success"

    card.write_text(sound)
    locations_page.reload()
    row(locations_page, "fleet").get_by_role("button", name="Reload").click()
    until(mine.healthy)
    assert processes(mine) == before, "nothing was started again"


def test_a_model_that_does_not_parse_is_told_and_building_takes_up_what_was_mended(mine: Live) -> None:
    before = processes(mine)
    model = mine.root / "dbt_projects/fleet/models/marts/aircraft.sql"
    sound = model.read_text()
    model.write_text(f"{sound}\n{{% if %}}\n")
    mine.reload("fleet")
    assert location(mine, "fleet")["state"] == "failed"
    assert "dbt_projects/fleet/models/marts/aircraft.sql" in location(mine, "fleet")["error"]
    assert "\n" not in location(mine, "fleet")["error"]
    refused = mine.attempt("unit", "build", "fleet")
    assert refused.returncode in {1, 2}
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert "dbt_projects/fleet/models/marts/aircraft.sql" in refused.stderr
    verdicts = {item["unit"]: item["ok"] for item in json.loads(mine.dp("unit", "check", "--json", exit_code=1))}
    assert verdicts == {"fleet": False, "meteorology": True, "operations": True}

    model.write_text(sound)
    assert json.loads(mine.dp("unit", "build", "fleet", "--json"))["total"]["status"] == "success"
    assert mine.healthy()
    assert processes(mine) == before, "nothing was started again"


def test_a_new_unit_is_loaded_and_built_through_the_queue_while_the_others_go_on(mine: Live) -> None:
    before = processes(mine)
    output = mine.dp("unit", "new", "harbour", "--owner", "harbour@example.org")
    assert "the running platform has taken it up" in output
    assert location(mine, "harbour")["state"] == "loaded"
    assert mine.healthy()
    after = processes(mine)
    assert {name: after[name] for name in before if name.startswith("unit-")} == {
        name: before[name] for name in before if name.startswith("unit-")
    }

    built = json.loads(mine.dp("unit", "build", "harbour", "--json"))
    assert built["total"]["status"] == "success"
    assert built["total"]["checks_failed"] == built["total"]["checks_warned"] == 0
    assert built["total"]["checks_passed"] > 0
    run = mine.run(built["units"][0]["run_id"])
    assert any(event["__typename"] == "RunEnqueuedEvent" for event in run["events"])

    output = mine.dp("unit", "remove", "harbour", "--force")
    assert "the running platform has taken it up" in output
    assert set(processes(mine)) == set(before)
    assert "harbour" not in {item["name"] for item in mine.status()["locations"]}
    assert mine.healthy()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_build_without_the_platform_can_be_ended(mine: Live, number: int, code: int) -> None:
    mine.dp("down")
    assert not mine.processes()
    command = mine.begin("unit", "build", "fleet", "--json")
    until(lambda: runs_dbt(command.pid), pause=0.02)
    command.send_signal(number)
    output, told = command.communicate(timeout=60)
    assert (command.returncode, output) == (code, "")
    assert "Traceback" not in told
    assert EmbeddedPostgres(mine.state).is_ready() == (number == signal.SIGKILL), "only kill -9 leaves the database"


def runs_dbt(pid: int) -> bool:
    for child in psutil.Process(pid).children():
        with suppress(psutil.Error):
            if "data_platform.dbt.runner" in child.cmdline():
                return True
    return False


def test_a_build_without_the_platform_is_remembered_by_the_platform(mine: Live, browser: Any) -> None:
    table = mine.dp("unit", "build", "fleet")
    assert len([line for line in table.splitlines() if "success" in line]) == 2, "the unit and the total"
    [built] = json.loads(mine.dp("unit", "build", "fleet", "--json"))["units"]
    assert (built["status"], built["assets"], built["checks_failed"]) == ("success", 10, 0)
    assert not EmbeddedPostgres(mine.state).is_ready(), "the command stops the database it started"

    started = mine.attempt("up", "--detach", "--port", str(mine.port))
    assert started.returncode == 0, started
    assert "materializing everything once: operations\n" in started.stderr, "the others were built one by one"
    # the latest first: operations, fleet twice, what was killed (it is noticed now), what was interrupted
    until(lambda: [run["status"] for run in mine.runs()[:5]] == ["SUCCESS"] * 3 + ["FAILURE"] * 2)
    assert mine.runs()[1]["runId"] == built["run_id"]
    with browser.new_context(base_url=mine.address) as context:
        page = context.new_page()
        page.goto("/assets/fleet/marts/aircraft?view=events")
        expect(page.get_by_text(built["run_id"][:8]).first).to_be_visible(timeout=60_000)
