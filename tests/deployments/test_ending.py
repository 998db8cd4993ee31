"""How deployments end that are stopped, not heard, or cannot be settled: nothing is left half done without a hold."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployments.speaking import CODE, Platform
from tests.end_to_end.live import kill, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# takes its time to end, and notes which version is served when it has ended
LINGERING = """

@dg.op
def linger() -> None:
    try:
        open({noted!r}, "a").close()
        while True:
            time.sleep(0.1)
    finally:
        time.sleep(5)
        with open({noted!r}, "a") as file:
            file.write(os.readlink({current!r}) + "\\n")


@dg.job(executor_def=dg.in_process_executor)
def lingering() -> None:
    linger()
"""


@pytest.fixture
def _settled(platform: Platform) -> Iterator[None]:
    """Nothing is left to be settled."""
    yield
    assert not platform.holds()
    assert json.loads(platform.live.dp("deploy", "status", "--json"))["unsettled"] == []


@pytest.mark.usefixtures("_settled")
@pytest.mark.parametrize("way", ["told to end", "killed"])
def test_nothing_is_taken_back_under_a_smoke_run_that_is_still_at_work(
    platform: Platform, tmp_path: Path, way: str
) -> None:
    live, noted = platform.live, tmp_path / "noted"
    platform.write("good")
    live.dp("deploy", "fleet")
    good = platform.served()
    current = live.state / "versions/fleet/current"
    platform.write("lingers", CODE + LINGERING.format(noted=str(noted), current=str(current)))
    deploying = live.begin("deploy", "fleet", "--smoke", "fleet:lingering")
    platform.reads(deploying, "verifying")
    lingers = platform.latest()["after"]["fleet"]
    until(noted.exists)
    if way == "killed":
        kill(deploying.pid)
        deploying.communicate()
        live.dp("deploy", "rollback", str(platform.latest()["deployment"]))
    else:
        deploying.terminate()
        deploying.communicate(timeout=120)
    assert platform.latest()["state"] == "failed_and_rolled_back"
    assert noted.read_text().split() == [lingers]
    assert platform.served() == good


@pytest.mark.usefixtures("_settled")
@pytest.mark.parametrize("way", ["resume", "rollback"])
def test_where_it_cannot_be_found_out_what_was_done_the_hold_stays(platform: Platform, way: str) -> None:
    live = platform.live
    platform.write("good")
    live.dp("deploy", "fleet")
    platform.write("better")
    table = f"main.z_{way}"
    platform.changelog(
        f"z_{way}.sql", f"--changeset jana:z_{way}\nCREATE TABLE {table} (i int)\n--rollback DROP TABLE {table}\n"
    )
    deploying = live.begin("deploy", "fleet", "--smoke", "fleet:smoking")
    platform.reads(deploying, "code")
    kill(deploying.pid)
    deploying.communicate()
    number, version = platform.latest()["deployment"], platform.latest()["after"]["fleet"]

    changelog = live.state / f"versions/fleet/{version}/code_locations/fleet/schema/z_{way}.sql"
    sound = changelog.read_text()
    changelog.write_text(sound.replace("--changeset jana:", "--changeset "))
    for _ in range(2):
        refused = live.attempt("deploy", way, str(number))
        assert refused.returncode == 1, refused
        assert refused.stderr.count("it cannot be found out what was done") == 1, refused
        assert f"-> `dp deploy rollback {number}` or `dp deploy resume {number}`" in refused.stderr
        assert platform.latest()["state"] == "rollback_failed"
        assert [hold["phase"] for hold in platform.holds()] == ["abandoned"]
    changelog.write_text(sound)
    live.dp("deploy", way, str(number))
    assert platform.latest()["state"] == ("succeeded" if way == "resume" else "failed_and_rolled_back")


@pytest.mark.usefixtures("_settled")
def test_a_deployment_whose_words_nobody_reads_any_more_goes_on(platform: Platform) -> None:
    platform.write("unheard")
    deploying = platform.live.begin("deploy", "fleet", "--smoke", "fleet:smoking")
    platform.reads(deploying, "code")
    for stream in (deploying.stderr, deploying.stdout):
        assert stream
        stream.close()
    assert deploying.wait(120) == 0
    assert platform.latest()["state"] == "succeeded"


@pytest.mark.usefixtures("_settled")
def test_a_deployment_that_fails_unheard_goes_back_and_its_exit_code_tells(platform: Platform) -> None:
    served = platform.served()
    platform.write("bad")
    deploying = platform.live.begin("deploy", "fleet", "--smoke", "fleet:smoking")
    platform.reads(deploying, "verifying")
    for stream in (deploying.stderr, deploying.stdout):
        assert stream
        stream.close()
    assert deploying.wait(120) not in (0, None)
    assert platform.latest()["state"] == "failed_and_rolled_back"
    assert platform.served() == served


@pytest.mark.usefixtures("_settled")
def test_a_deployment_whose_terminal_is_closed_goes_back(platform: Platform) -> None:
    served = platform.served()
    platform.write("never")
    deploying = platform.live.begin("deploy", "fleet", "--smoke", "fleet:smoking")
    platform.reads(deploying, "verifying")
    deploying.send_signal(signal.SIGHUP)
    platform.reads(deploying, "rolling back")
    deploying.send_signal(signal.SIGHUP)  # a shell sends one more, and so does a service manager
    deploying.send_signal(signal.SIGTERM)
    _, told = deploying.communicate(timeout=120)
    assert told.splitlines()[-1].endswith("failed and rolled back: it was interrupted")
    assert platform.served() == served


@pytest.mark.usefixtures("_settled")
def test_going_back_is_refused_when_another_deployment_came_first_in_line(platform: Platform, tmp_path: Path) -> None:
    live = platform.live
    platform.write("good")
    live.dp("deploy", "fleet")
    good = platform.latest()["deployment"]
    flying = platform.speak(tmp_path / "go on")
    until(lambda: platform.status_of(flying) == "STARTED")
    platform.write("better")
    deploying = platform.begin("fleet")
    going_back = live.begin("deploy", "rollback", str(good))
    platform.reads(going_back, "waiting")
    (tmp_path / "go on").touch()
    deploying.communicate(timeout=120)
    assert deploying.returncode == 0
    _, told = going_back.communicate(timeout=120)
    assert going_back.returncode == 1
    assert f"which is not what deployment {good} brought" in told
    assert platform.latest()["state"] == "failed"
    assert platform.word() == "better"


@pytest.mark.usefixtures("_settled")
def test_a_version_that_does_not_load_any_more_can_be_gone_back_from(platform: Platform, tmp_path: Path) -> None:
    live, gone = platform.live, tmp_path / "gone"
    platform.write("good")
    live.dp("deploy", "fleet")
    platform.write("fragile", f"import os\n\nif os.path.exists({str(gone)!r}):\n    raise RuntimeError('gone')\n{CODE}")
    live.dp("deploy", "fleet")
    gone.touch()
    live.reload("fleet")
    until(lambda: platform.served() == "None")
    live.dp("deploy", "rollback", str(platform.latest()["deployment"]))
    assert platform.word() == "good"
    platform.write("good")


@pytest.mark.usefixtures("_settled")
def test_a_way_back_that_took_changesets_back_is_not_gone_back_from(platform: Platform) -> None:
    live = platform.live
    platform.write("good")
    live.dp("deploy", "fleet")
    platform.write("better")
    platform.changelog(
        "twice.sql", "--changeset jana:twice\nCREATE TABLE main.twice (i int)\n--rollback DROP TABLE main.twice\n"
    )
    live.dp("deploy", "fleet")
    live.dp("deploy", "rollback", str(platform.latest()["deployment"]))
    back = platform.latest()["deployment"]
    refused = live.attempt("deploy", "rollback", str(back))
    assert refused.returncode == 1, refused
    assert f"deployment {back} took changesets back" in refused.stderr
    assert platform.word() == "good"
    live.dp("deploy", "fleet")
    assert platform.word() == "better"
    assert "up to date" in live.dp("schema", "status", "--unit", "fleet")
