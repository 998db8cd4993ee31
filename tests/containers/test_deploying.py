"""Deployments to the platform in containers, in a real Docker engine. The tests build on each other.

Real: the engine, docker-compose 1.29, Dockerfile, compose.yaml, PostgreSQL 15, networks, volumes, health checks.
Not shown: the registry's images of Python and PostgreSQL, in whose place Debian's packages stand, and so the entry
point of that PostgreSQL; several machines (a volume and its locks are shared by containers of one machine); Kubernetes;
`docker compose` version 2; versions of units that need other Python packages than their code server's image has.
"""

import json
import subprocess
import time

import psutil
import pytest

from tests.containers.platform import PASSWORD, STATE, Containers, finished
from tests.end_to_end.live import kill, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]
SERVICES = {
    *("postgres", "webserver", "daemon"),
    *("unit-data_platform", "unit-fleet", "unit-meteorology", "unit-operations"),
}


def test_every_process_is_a_healthy_container_that_may_do_little(platform: Containers) -> None:
    found = platform.containers()
    assert set(found) == SERVICES
    for service, each in found.items():
        host = each["HostConfig"]
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert host["RestartPolicy"]["Name"] == "unless-stopped", service
        assert each["Config"]["User"] not in {"", "root", "0"}, service
    published = {name: each["HostConfig"]["PortBindings"] for name, each in found.items()}
    assert [name for name, ports in published.items() if ports] == ["webserver"]
    [[port]] = published["webserver"].values()
    assert (port["HostIp"], port["HostPort"]) == ("127.0.0.1", str(platform.live.port))
    assert platform.inside("id", "-u").strip() != "0"
    assert not platform.locations_with_errors()
    assert platform.dp("status").endswith("all is well\n")


def test_no_image_holds_a_secret(platform: Containers) -> None:
    told = platform.engine.docker("history", "--no-trunc", platform.image)
    told += platform.engine.docker("inspect", platform.image)
    assert PASSWORD not in told
    for file in (".env", "/etc/pip.conf", "/run/secrets/certificates"):
        platform.inside("test", "!", "-e", file)


def test_units_are_built_through_the_queue_in_the_containers_of_their_code_servers(platform: Containers) -> None:
    built = json.loads(platform.dp("unit", "build", "meteorology", "fleet", "--json"))
    assert {row["unit"]: row["status"] for row in built["units"]} == {"meteorology": "success", "fleet": "success"}
    assert {run["status"] for run in platform.live.runs()} == {"SUCCESS"}


def test_a_new_image_deploys_its_unit_while_a_run_is_in_flight_and_no_location_shows_an_error(
    platform: Containers, newer: Containers
) -> None:
    assert platform.word() == "old"
    before = {name: each["State"]["StartedAt"] for name, each in platform.containers().items()}
    flying = platform.speaking("go-on-1")
    forecast = json.loads(newer.dp("deploy", "fleet", "--forecast", "--json"))
    assert [run["run_id"] for run in forecast["in_flight"]] == [flying]
    [change] = forecast["units"]
    assert change["changes"]

    deploying = newer.begin_dp("deploy", "fleet", "--reason", "a new word", "--smoke", "fleet:smoking", "--json")
    platform.wait_until("draining")
    waiting = platform.speak()
    time.sleep(3)
    assert (platform.status_of(flying), platform.status_of(waiting)) == ("STARTED", "QUEUED")
    platform.let("go-on-1")
    looks = 0
    while deploying.poll() is None:
        assert not platform.locations_with_errors()
        looks += 1
    assert looks > 5
    document = json.loads(finished(deploying))

    assert document["state"] == "succeeded"
    assert document["image"] == newer.image
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=platform.checkout, capture_output=True, text=True, check=True
    )
    assert document["commit"] == commit.stdout.strip()
    assert document["by"].startswith("jana@")
    assert document["before"]["fleet"] == change["served"]
    assert document["after"]["fleet"] == change["on_disk"]
    for run in (flying, waiting):
        assert platform.live.ended(run)["status"] == "SUCCESS"
    said = platform.said()
    assert (said[flying], said[waiting]) == ("old", "new")
    assert platform.word() == "new"
    after = {name: each["State"]["StartedAt"] for name, each in platform.containers().items()}
    assert after == before, "no container was started anew"


def test_what_was_deployed_is_served_by_a_container_that_is_made_anew_from_the_old_image(platform: Containers) -> None:
    platform.compose("up", "-d", "--no-deps", "--force-recreate", "unit-fleet")
    platform.wait_until_healthy()
    until(lambda: not platform.locations_with_errors())
    assert platform.word() == "new"


def test_rollback_brings_the_old_version_back_from_an_image_that_does_not_have_it(newer: Containers) -> None:
    done = newer.latest()
    newer.dp("deploy", "rollback", str(done["deployment"]))
    back = newer.latest()
    assert (back["state"], back["undoes"]) == ("succeeded", done["deployment"])
    assert newer.word() == "old"


def test_a_deployer_whose_container_is_killed_half_way_is_resumed_from_another(newer: Containers) -> None:
    deploying = newer.begin_dp("deploy", "fleet", "--smoke", "fleet:speaking_late")
    newer.wait_until("verifying")
    running = newer.engine.docker("ps", "-q", "--filter", "label=com.docker.compose.oneoff=True").split()
    newer.engine.docker("kill", *running)
    deploying.communicate(timeout=60)
    number = str(newer.latest()["deployment"])
    newer.inside("touch", f"{STATE}/late")
    newer.dp("deploy", "resume", number)
    assert newer.latest()["state"] == "succeeded"
    assert newer.word() == "new"


def test_a_run_that_dies_with_its_container_is_noticed_and_the_container_comes_back(platform: Containers) -> None:
    run = platform.speaking("never")
    [process] = [each["State"]["Pid"] for name, each in platform.containers().items() if name == "unit-fleet"]
    kill(process)
    ended = platform.live.ended(run)
    assert ended["status"] == "FAILURE"
    assert any("its process is gone" in (event.get("message") or "") for event in ended["events"])
    platform.wait_until_healthy()
    until(lambda: not platform.locations_with_errors())
    assert platform.word() == "new"


def test_a_container_that_is_stopped_lets_its_run_finish(platform: Containers) -> None:
    run = platform.speaking("go-on-2")
    stopping = platform.begin("docker-compose", "stop", "unit-fleet")
    time.sleep(5)
    assert stopping.poll() is None
    platform.let("go-on-2")
    finished(stopping)
    assert platform.live.ended(run)["status"] == "SUCCESS"
    platform.compose("up", "-d", "--no-deps", "unit-fleet")
    platform.wait_until_healthy()


def test_all_containers_change_to_another_image_in_a_gap(platform: Containers, newer: Containers) -> None:
    run = platform.speaking("go-on-3")
    rolling = newer.begin("ci/roll-out.sh", "another image")
    until(lambda: json.loads(newer.dp("hold", "list", "--json")), pause=1)
    waiting = platform.speak()
    time.sleep(3)
    assert (platform.status_of(run), platform.status_of(waiting)) == ("STARTED", "QUEUED")
    platform.let("go-on-3")
    finished(rolling)
    images = {name: each["Config"]["Image"] for name, each in newer.containers().items() if name != "postgres"}
    assert set(images.values()) == {newer.image}
    assert newer.live.ended(run)["status"] == "SUCCESS"
    assert newer.live.ended(waiting)["status"] == "SUCCESS"
    assert not json.loads(newer.dp("hold", "list", "--json"))


def test_a_roll_out_that_is_killed_before_anything_was_changed_lets_the_runs_go(platform: Containers) -> None:
    flying = platform.speaking("go-on-4")
    rolling = platform.begin("ci/roll-out.sh", "too early", "webserver")
    until(lambda: [row["phase"] for row in json.loads(platform.dp("hold", "list", "--json"))] == ["draining"])
    waiting = platform.speak()
    rolling.kill()
    assert platform.status_of(waiting) == "QUEUED"
    platform.let("go-on-4")
    rolling.communicate(timeout=120)
    for run in (flying, waiting):
        assert platform.live.ended(run)["status"] == "SUCCESS"
    assert not json.loads(platform.dp("hold", "list", "--json"))


def test_a_roll_out_that_is_killed_half_way_leaves_the_runs_waiting(platform: Containers) -> None:
    rolling = platform.begin("ci/roll-out.sh", "half way", "webserver")
    assert rolling.stdout
    while "nothing runs now" not in rolling.stdout.readline():
        assert rolling.poll() is None
    rolling.kill()
    until(lambda: [row["phase"] for row in json.loads(platform.dp("hold", "list", "--json"))] == ["abandoned"], pause=1)
    rolling.communicate(timeout=60)
    platform.wait_until_healthy()
    run = platform.speak()
    time.sleep(3)
    assert platform.status_of(run) == "QUEUED"
    [row] = json.loads(platform.dp("hold", "list", "--json"))
    platform.dp("hold", "release", str(row["hold"]), "--force")
    assert platform.live.ended(run)["status"] == "SUCCESS"


def test_a_container_that_does_not_do_its_work_is_told_from_one_that_does(platform: Containers) -> None:
    ask = ("python", "-m", "data_platform.containers.health")
    platform.inside(*ask, "unit-fleet")
    with pytest.raises(AssertionError, match="ConnectionRefusedError"):
        platform.inside(*ask, "webserver")
    [process] = [each["State"]["Pid"] for name, each in platform.containers().items() if name == "daemon"]
    [child] = psutil.Process(process).children()
    child.suspend()
    try:
        until(lambda: platform.containers()["daemon"]["State"]["Health"]["Status"] == "unhealthy", 400, pause=2)
    finally:
        child.resume()
    platform.wait_until_healthy()
