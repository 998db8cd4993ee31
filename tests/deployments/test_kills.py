"""`kill -9` of what a deployment needs, in the middle of it: it goes on, goes back, or is ended by one command."""

import json
import signal
import time

import psutil
import pytest

from tests.deployments.speaking import Platform
from tests.deployments.test_settling import SLOW
from tests.end_to_end.live import kill, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
OBSCURE = ("StatusCode", "grpc", "gRPC", "psycopg2", "sqlalchemy", "Traceback", "server closed the connection", "Errno")


def pid_of(platform: Platform, victim: str) -> int:
    if victim != "the code":
        return platform.live.pid(victim)
    # the one that serves; others finish what they were asked for before
    children = psutil.Process(platform.live.pid("unit-fleet")).children()
    return max(children, key=lambda child: child.create_time()).pid


@pytest.mark.parametrize(
    ("victim", "phase", "seconds"),
    [
        ("daemon", "draining", 0.0),
        ("daemon", "verifying", 0.0),
        ("unit-fleet", "code", 0.0),
        ("unit-fleet", "code", 1.5),
        ("the code", "code", 0.0),
        ("unit-fleet", "verifying", 0.0),
        ("database", "draining", 0.0),
        ("database", "schema", 0.0),
        ("database", "code", 0.0),
        ("database", "verifying", 1.0),
        ("webserver", "code", 1.0),
        ("webserver", "verifying", 0.5),
    ],
)
def test_a_deployment_whose_platform_loses_a_process_ends_well_or_is_ended_by_one_command(
    platform: Platform, request: pytest.FixtureRequest, victim: str, phase: str, seconds: float
) -> None:
    live = platform.live
    platform.write("good")
    live.dp("deploy", "fleet")
    platform.write("better")
    name = "".join(mark if mark.isalnum() else "_" for mark in request.node.callspec.id)
    first = f"--changeset jana:{name}\nCREATE TABLE main.k_{name} (id int)\n--rollback DROP TABLE main.k_{name}\n"
    second = f"--changeset jana:slow_{name}\n{SLOW};\n--rollback empty\n"
    platform.changelog(f"{name}.sql", f"{first}\n{second}")

    target = pid_of(platform, victim)
    deploying = live.begin("deploy", "fleet", "--smoke", "fleet:smoking")
    platform.reads(deploying, phase)
    waiting = platform.speak() if phase != "draining" else None
    time.sleep(seconds)
    kill(target)
    _, told = deploying.communicate(timeout=400)
    last = told.splitlines()[-1]
    print(f"{victim} in {phase}: {told}")
    assert not [word for word in OBSCURE if word in told]

    number = int(until(platform.latest)["deployment"])
    state = platform.latest()["state"]
    if state == "rollback_failed":
        assert f"-> `dp deploy rollback {number}` or `dp deploy resume {number}`" in last
        live.dp("deploy", "rollback", str(number))
        state = platform.latest()["state"]
    assert state in ("succeeded", "failed", "failed_and_rolled_back"), told
    print(f"{victim} in {phase}: {state}")
    until(live.healthy)
    assert json.loads(live.dp("deploy", "status", "--json"))["unsettled"] == []
    assert not platform.holds()
    [change] = json.loads(live.dp("deploy", "fleet", "--forecast", "--json"))["units"]
    assert len(change["changesets"]) == (0 if state == "succeeded" else 2), "the warehouse agrees with the ledger"
    word = "better" if state == "succeeded" else "good"
    assert platform.word() == word
    if waiting:
        assert live.ended(waiting)["status"] == "SUCCESS"
        assert platform.said()[waiting] == word


def test_what_a_deployment_goes_back_to_is_what_the_one_before_it_in_line_brought(platform: Platform) -> None:
    live = platform.live
    held = json.loads(live.dp("hold", "take", "--unit", "fleet", "--reason", "disk", "--json"))[0]["hold"]
    platform.write("earlier")
    earlier = live.begin("deploy", "fleet")
    platform.reads(earlier, "waiting")
    platform.write("bad")
    later = live.begin("deploy", "fleet", "operations", "--smoke", "fleet:smoking")
    platform.reads(later, "waiting")
    live.dp("hold", "release", str(held))
    assert earlier.wait(300) == 0
    _, told = later.communicate(timeout=300)
    assert platform.latest()["state"] == "failed_and_rolled_back", told
    platform.write("earlier")
    assert platform.word() == "earlier"


def test_a_deployment_that_is_told_to_end_while_it_releases_has_succeeded(platform: Platform) -> None:
    platform.write("released")
    deploying = platform.live.begin("deploy", "fleet")
    platform.reads(deploying, "releasing")
    deploying.send_signal(signal.SIGTERM)
    deploying.communicate(timeout=300)
    until(lambda: platform.latest()["state"] == "succeeded", 90)
    assert not platform.holds()
    assert platform.word() == "released"
