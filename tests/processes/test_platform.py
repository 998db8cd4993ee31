"""The real programs: PostgreSQL, code servers, webserver, daemon. The tests build on each other, in this order."""

import json
import os
import re
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
import psycopg2
import pytest

from data_platform.containers.shown import wait_until_well
from data_platform.environment import current_environment
from data_platform.errors import DataPlatformError
from data_platform.instance.embedded import EmbeddedPostgres
from data_platform.processes.keeper import running_keeper
from tests.end_to_end.debian_postgres import server
from tests.end_to_end.live import free_port
from tests.processes.conftest import PLAIN_UNIT, RealPlatform, lives, until

pytestmark = pytest.mark.timeout(600)
SECRET = "s3cr3t-of-the-test"


@pytest.fixture(scope="module")
def up(real: RealPlatform) -> RealPlatform:
    """The platform with a unit that loads and one that does not, started by two commands at once."""
    real.add_unit("plain", PLAIN_UNIT)
    broken = real.add_unit("broken", "import dagster as dg\n\nfrom code_locations.broken.helpers import defs\n")
    (broken / "helpers.py").write_text("import dagster as dg\n\nraise LookupError('the moon is in the way')\n")
    real.variables["SECRET_OF_THE_TEST"] = SECRET
    commands = [real.popen("up", "--detach", "--no-build") for _ in range(2)]
    outputs = [command.communicate(timeout=300)[0] for command in commands]
    assert [command.returncode for command in commands] == [0, 0], outputs
    both = "".join(outputs)
    assert both.count("the platform is up after") == 1, both
    assert both.count("waiting for another dp command") == 1, both
    assert both.count("the platform is running already") == 1, both
    assert "broken did not load: LookupError: the moon is in the way (code_locations/broken/helpers.py:3)" in both
    return real


def test_status_tells_every_process_and_location(up: RealPlatform) -> None:
    code, _ = up.dp("status")
    status = up.status()
    assert code == 1, "a unit that does not load is not healthy"
    assert status["running"]
    assert not status["healthy"]
    assert status["address"] == f"http://127.0.0.1:{up.port}"
    assert {item["state"] for item in status["processes"]} == {"running"}
    assert set(status["by_name"]) == {
        *("keeper", "database", "run-workers", "webserver", "daemon"),
        *("unit-data_platform", "unit-plain", "unit-broken"),
    }
    assert all(item["memory"] > 2**20 for item in status["processes"])
    locations = status["locations"]
    assert locations["plain"]["state"] == locations["data_platform"]["state"] == "loaded"
    assert locations["broken"]["error"] == "LookupError: the moon is in the way"
    assert locations["broken"]["where"] == "code_locations/broken/helpers.py:3"


def test_a_platform_elsewhere_tells_its_locations_and_database(
    up: RealPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = EmbeddedPostgres(up.root / "var").url
    elsewhere = {
        "DATA_PLATFORM_ROOT": str(up.root),
        "DATA_PLATFORM_STATE": str(tmp_path),
        "DATA_PLATFORM_WEBSERVER": f"http://127.0.0.1:{up.port}",
        "DATA_PLATFORM_POSTGRES_URL": database,
    }
    code, told = up.dp("status", "--json", **elsewhere)
    assert code == 1, told
    status = json.loads(told)
    assert status["running"]
    assert (status["healthy"], status["processes"], status["database_problem"]) == (False, [], None)
    broken = next(each for each in status["locations"] if each["name"] == "broken")
    assert broken["error"] == "LookupError: the moon is in the way"
    assert broken["where"] == "code_locations/broken/helpers.py:3"
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(DataPlatformError, match=r"helpers.py:3: broken is failed: LookupError: the moon is in the way"):
        wait_until_well(current_environment(), seconds=0)


@pytest.mark.parametrize("command", ["up", "down", "logs"])
def test_processes_that_are_elsewhere_are_not_taken_for_ones_here(up: RealPlatform, command: str) -> None:
    code, told = up.dp(command, DATA_PLATFORM_WEBSERVER="http://webserver:3000")
    assert code == 2, told
    assert "the platform's processes are not this machine's: DATA_PLATFORM_WEBSERVER is http://webserver:3000" in told
    assert "docker-compose" in told
    assert up.status()["running"]


def test_a_platform_elsewhere_that_does_not_answer_is_not_healthy(up: RealPlatform) -> None:
    code, told = up.dp("status", DATA_PLATFORM_WEBSERVER=f"http://127.0.0.1:{free_port()}")
    assert code == 1, told
    assert "the webserver does not answer -> read its container's log" in told
    assert "UI" not in told


def test_a_unit_that_is_mended_loads_when_its_code_server_starts_again(up: RealPlatform) -> None:
    definitions = up.root / "code_locations" / "broken" / "definitions.py"
    definitions.write_text("import dagster as dg\n\ndefs = dg.Definitions()\n")
    os.kill(up.status()["by_name"]["unit-broken"]["pid"], signal.SIGKILL)
    until(lambda: up.status()["healthy"], 90)
    mended = up.status()["by_name"]["unit-broken"]
    assert mended["restarts"] == 1
    assert mended["last_end"] < 120
    assert up.dp("container", "check") == (0, "every code location is served\n")


# the others are killed in the middle of a run in tests/end_to_end, too
@pytest.mark.parametrize(
    "name", ["webserver", *(pytest.param(n, marks=pytest.mark.slow) for n in ("daemon", "database"))]
)
def test_a_killed_process_is_told_and_comes_back(up: RealPlatform, name: str) -> None:
    before = up.status()["by_name"][name]
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: up.status()["by_name"][name]["pid"] not in {None, before["pid"]})
    until(lambda: up.status()["healthy"], 90)
    after = up.status()["by_name"][name]
    assert after["restarts"] == before["restarts"] + 1
    assert after["uptime"] < before["uptime"]
    _, text = up.dp("status")
    assert re.search(rf"{name} .*running .*once, \d+ s ago", text), text


def test_a_run_survives_the_end_of_its_code_server(up: RealPlatform) -> None:
    run = up.launch("plain", "brief_job")
    os.kill(up.status()["by_name"]["unit-plain"]["pid"], signal.SIGKILL)
    until(lambda: up.run_state(run) == "SUCCESS")
    until(lambda: up.status()["healthy"], 90)
    assert up.status()["by_name"]["unit-plain"]["restarts"] == 1


def test_a_second_up_starts_nothing_twice(up: RealPlatform) -> None:
    before = {process.pid for process in up.processes}
    began = time.monotonic()
    code, text = up.dp("up")
    assert code == 0
    assert f"the platform is running already: http://127.0.0.1:{up.port}" in text
    assert time.monotonic() - began < 30
    programs = {item["pid"] for item in up.status()["processes"]}
    assert programs <= before


def test_another_port_is_refused_while_it_runs(up: RealPlatform) -> None:
    code, text = up.dp("up", "--port", str(up.port + 1))
    assert code == 2
    assert text.count("\n") == 1
    assert f"running already, on port {up.port} -> `dp down` first" in text


def test_a_new_unit_is_taken_up_and_a_removed_one_let_go(up: RealPlatform) -> None:
    servers = {name: item["pid"] for name, item in up.status()["by_name"].items() if name.startswith("unit-")}
    folder = up.add_unit("late", PLAIN_UNIT.replace("plain", "late"))
    assert up.refresh() == "True\n"
    status = up.status()
    assert status["healthy"], status
    assert status["locations"]["late"]["state"] == "loaded"
    assert {name: status["by_name"][name]["pid"] for name in servers} == servers, "the other units are left alone"
    assert up.refresh() == "False\n", "nothing changed"
    shutil.rmtree(folder)
    assert up.refresh() == "True\n"
    status = up.status()
    assert status["healthy"], status
    assert "late" not in status["locations"]
    assert "unit-late" not in status["by_name"]
    assert not [process for process in up.processes if "late" in process.cmdline()]


def test_logs_show_the_last_lines_of_a_program(up: RealPlatform) -> None:
    code, text = up.dp("logs", "plain", "-n", "2")
    assert code == 0
    assert len(text.splitlines()) == 2
    assert all(line.startswith("unit-plain") for line in text.splitlines())
    assert "\x1b" not in text
    code, text = up.dp("logs", "nobody")
    assert code == 2
    assert "there is no log of 'nobody' -> known: " in text
    assert "webserver" in text


def test_secrets_stand_in_no_command_line_and_no_file(up: RealPlatform) -> None:
    assert any(SECRET in process.environ().values() for process in up.processes if _readable(process))
    for process in up.processes:
        assert SECRET not in " ".join(process.cmdline())
    files = [path for folder in (up.folders.run, up.folders.logs) for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path
        assert path.parent.stat().st_mode & 0o077 == 0, path


def _readable(process: psutil.Process) -> bool:
    try:
        return bool(process.environ())
    except psutil.Error:
        return False


def test_nothing_listens_beyond_this_machine(up: RealPlatform) -> None:
    listening = [
        connection.laddr
        for process in up.processes
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", up.port)]


def test_a_killed_keeper_is_told_and_the_next_up_starts_anew(up: RealPlatform) -> None:
    run = up.launch("plain", "brief_job")
    before = up.processes
    os.kill(up.status()["by_name"]["keeper"]["pid"], signal.SIGKILL)
    code, text = up.dp("status")
    assert code == 1
    assert "the process keeper was killed" in text
    assert "dp down" in text
    code, text = up.dp("up", "--detach", "--no-build")
    assert code == 0, text
    assert "stopping what is left of a platform that was killed" in text
    assert not [process for process in before if lives(process)]
    found = up.status()
    assert all(process["state"] == "running" for process in found["processes"])
    assert found["locations"]["plain"]["state"] == "loaded"
    assert up.run_state(run) == "SUCCESS", "work that runs may finish"


def test_down_leaves_nothing_and_says_so(up: RealPlatform) -> None:
    up.interrupted_run = up.launch("plain", "endless_job")
    before = up.processes
    assert len(before) > 7
    code, text = up.dp("down", "--grace", "2")
    assert code == 0
    assert "waiting up to 2 s for running work to finish" in text
    assert not [process for process in before if lives(process)]
    code, text = up.dp("down")
    assert (code, text.splitlines()[-1]) == (0, "the platform is not running")
    code, text = up.dp("status")
    assert code == 1
    assert "the platform is not running -> make up" in text


def test_interrupting_up_leaves_nothing(up: RealPlatform) -> None:
    command = up.popen("up", "--no-build")
    until(lambda: (keeper := running_keeper(up.folders)) and keeper.programs()["webserver"].alive)
    assert command.stdout
    until(lambda: "Ctrl-C stops the platform" in command.stdout.readline(), 120)
    assert up.dp("status")[0] == 0
    assert up.run_state(up.interrupted_run) == "FAILURE", "a run that was interrupted does not look as if it ran"
    before = up.processes
    os.killpg(command.pid, signal.SIGINT)
    output, _ = command.communicate(timeout=120)
    assert command.returncode == 0, output
    assert not [process for process in before if lives(process)]
    assert "Traceback" not in output


def test_down_ends_a_start_that_is_under_way(up: RealPlatform) -> None:
    command = up.popen("up", "--no-build")
    until(lambda: running_keeper(up.folders))
    assert up.dp("down", "--grace", "0")[0] == 0
    output, _ = command.communicate(timeout=120)
    assert command.returncode == 130, output
    assert not up.processes


@pytest.mark.slow
def test_a_start_whose_command_was_killed_is_completed_by_the_next(up: RealPlatform) -> None:
    command = up.popen("up", "--no-build")
    until(lambda: (keeper := running_keeper(up.folders)) and keeper.programs()["database"].alive)
    command.kill()
    command.communicate()
    code, text = up.dp("up", "--detach", "--no-build")
    assert code == 0, text
    # the keeper may have started the last program just before the kill: then only the waiting was left to do
    assert "the platform is up after" in text or "the platform is running already" in text
    found = up.status()
    assert all(process["state"] == "running" for process in found["processes"])
    assert found["locations"]["plain"]["state"] == "loaded"
    assert up.dp("down")[0] == 0


def test_a_port_in_use_ends_in_one_line_before_anything_is_started(up: RealPlatform) -> None:
    with socket.create_server(("127.0.0.1", up.port)):
        code, text = up.dp("up")
    assert code == 1
    assert text.count("\n") == 1, text
    assert f"port {up.port} is in use by " in text
    assert f"(PID {os.getpid()})" in text
    assert not up.processes


@pytest.mark.parametrize("variable", ["postgresql://user:hidden@127.0.0.1:1/none", "nonsense"])
def test_a_database_that_does_not_answer_ends_in_one_line_without_its_password(up: RealPlatform, variable: str) -> None:
    code, text = up.dp("up", DATA_PLATFORM_POSTGRES_URL=variable)
    assert code == 1
    assert text.count("\n") == 1, text
    assert "the database of DATA_PLATFORM_POSTGRES_URL does not answer" in text
    assert "hidden" not in text
    assert not up.processes


def test_a_state_folder_that_is_a_file_ends_in_one_line(up: RealPlatform, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, text = up.dp("up", DATA_PLATFORM_STATE=str(tmp_path / "file"))
    assert code == 1
    assert text.count("\n") == 1, text
    assert "the folder cannot be used" in text


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"port": 1}'])
def test_a_damaged_record_is_no_obstacle(up: RealPlatform, damage: str) -> None:
    up.folders.record.write_text(damage)
    assert up.dp("down")[0] == 0
    assert up.dp("status")[0] == 1


def test_a_database_of_ones_own_is_used_instead(up: RealPlatform) -> None:
    with server() as url, running_with(up, DATA_PLATFORM_POSTGRES_URL=url):
        status = up.status()
        assert status["locations"]["plain"]["state"] == "loaded"
        found = urlsplit(url)
        assert status["database"] == f"{found.hostname}:{found.port}{found.path}"
        assert "database" not in status["by_name"]
        assert not EmbeddedPostgres(up.folders.state).is_ready()
        run = up.launch("plain", "brief_job")
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("select status from runs where run_id = %s", [run])
            assert cursor.fetchall() == [("STARTED",)]
        assert found.password
        for password in {found.password, unquote(found.password)}:
            assert all(password not in " ".join(process.cmdline()) for process in up.processes)
            files = [path for path in up.root.rglob("*") if path.is_file() and not path.is_socket()]
            assert not [path for path in files if password.encode() in path.read_bytes()]


@contextmanager
def running_with(up: RealPlatform, **variables: str) -> Iterator[None]:
    """The platform started with these variables; nothing of it is left afterwards."""
    code, text = up.dp("up", "--detach", "--no-build", **variables)
    assert code == 0, text
    try:
        yield
    finally:
        assert up.dp("down", "--grace", "0")[0] == 0
