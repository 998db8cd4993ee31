"""Deployers that are killed while something is half done, and what one command makes of that."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployments.speaking import Platform, with_job
from tests.end_to_end.live import kill, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# long enough to be killed in, on a slow machine, too
SLOW = "SELECT count(*) FROM range(10000000) a(i) WHERE hash(i) % 7 = 3 AND sqrt(i) % 3 < 1"


@pytest.fixture(params=["schema", "code", "verifying"])
def killed(platform: Platform, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """A deployment whose deployer was killed in a phase; the version before said `good`, the new one says `better`."""
    platform.write("good")
    platform.live.dp("deploy", "fleet")
    platform.write("better")
    name = request.node.name.translate({ord(mark): "_" for mark in "[]-"})
    first = f"--changeset jana:{name}\nCREATE TABLE main.{name} (id int)\n--rollback DROP TABLE main.{name}\n"
    second = f"--changeset jana:slow_{name}\n{SLOW};\n--rollback empty\n"
    platform.changelog(f"{name}.sql", f"{first}\n{second}")
    deploying = platform.live.begin("deploy", "fleet", "--smoke", "fleet:smoking")
    platform.reads(deploying, request.param)
    kill(deploying.pid)
    deploying.communicate()
    assert platform.latest()["phase"] == request.param
    yield platform
    assert not platform.holds()
    assert json.loads(platform.live.dp("deploy", "status", "--json"))["unsettled"] == []


def test_resume_goes_on_where_the_killed_deployer_was(killed: Platform) -> None:
    waiting = killed.speak()
    number = killed.latest()["deployment"]
    killed.live.dp("deploy", "resume", str(number))
    done = killed.latest()
    assert (done["deployment"], done["state"]) == (number, "succeeded")
    assert len(done["changesets"]["fleet"]) == 2
    assert killed.live.ended(waiting)["status"] == "SUCCESS"
    assert killed.said()[waiting] == "better"
    assert "0 changesets ran" not in killed.live.dp("schema", "status", "--unit", "fleet")
    assert "up to date" in killed.live.dp("schema", "status", "--unit", "fleet")


def test_rollback_takes_back_what_the_killed_deployer_did(killed: Platform) -> None:
    waiting = killed.speak()
    number = killed.latest()["deployment"]
    killed.live.dp("deploy", "rollback", str(number))
    done = killed.latest()
    assert (done["deployment"], done["state"]) == (number, "failed_and_rolled_back")
    assert "its deployer died while" in done["cause"]
    assert killed.live.ended(waiting)["status"] == "SUCCESS"
    assert killed.said()[waiting] == "good"
    [again] = json.loads(killed.live.dp("deploy", "fleet", "--forecast", "--json"))["units"]
    assert len(again["changesets"]) == 2, "the warehouse agrees with the ledger"


@pytest.mark.parametrize("way", ["rollback", "resume"])
def test_a_run_that_waits_is_cancelled_if_its_job_went_the_other_way(
    platform: Platform, tmp_path: Path, way: str
) -> None:
    live = platform.live
    platform.write("good", with_job("only_before"))
    live.dp("deploy", "fleet")
    flying = platform.speak(tmp_path / "go on")
    until(lambda: platform.status_of(flying) == "STARTED")
    platform.write("better", with_job("only_after"))
    deploying = platform.begin("fleet", "--smoke", "fleet:smoking")
    before = live.submit("fleet", "only_before")
    (tmp_path / "go on").touch()
    platform.reads(deploying, "verifying")
    after = live.submit("fleet", "only_after")
    kill(deploying.pid)
    deploying.communicate()
    live.dp("deploy", way, str(platform.latest()["deployment"]))
    stays, goes, job = (before, after, "only_after") if way == "rollback" else (after, before, "only_before")
    assert any(f"has no job {job} any more" in line for line in platform.gone(goes))
    assert live.ended(stays)["status"] == "SUCCESS"


def test_a_deployer_that_is_ended_by_a_signal_in_the_gap_goes_back_by_itself(platform: Platform) -> None:
    served = platform.served()
    platform.write("never")
    deploying = platform.live.begin("deploy", "fleet", "--smoke", "fleet:smoking")
    platform.reads(deploying, "verifying")
    deploying.send_signal(signal.SIGTERM)
    _, told = deploying.communicate(timeout=120)
    assert deploying.returncode == 1
    assert told.splitlines()[-1].endswith("failed and rolled back: it was interrupted")
    assert platform.served() == served
    assert not platform.holds()


def test_that_a_person_is_needed_is_told_without_anybody_s_command(platform: Platform) -> None:
    platform.write("alone")
    known = platform.numbers_heard()
    deploying = platform.live.begin("deploy", "fleet", "--smoke", "fleet:smoking")
    platform.reads(deploying, "code")
    kill(deploying.pid)
    deploying.communicate()
    [number] = platform.numbers_heard() - known
    until(lambda: platform.heard(number)[-1] == ("needs_a_person", "abandoned"), 300)
    platform.live.dp("deploy", "rollback", str(number))
    assert [event for event, _ in platform.heard(number)] == ["started", "needs_a_person", "finished"]
