import contextlib
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from data_platform.errors import DataPlatformError
from data_platform.instance.embedded import EmbeddedPostgres

ROOT = os.geteuid() == 0


@pytest.fixture
def state() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dp-") as folder:
        yield Path(folder)


@pytest.fixture
def serve(state: Path) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """The server as a process manager runs it."""
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        server = EmbeddedPostgres(state)
        server.prepare()
        processes.append(subprocess.Popen(server.command(), stderr=subprocess.DEVNULL))
        server.wait_until_ready()
        return processes[-1]

    yield start
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(EmbeddedPostgres.STOP_SIGNAL)
        process.wait(30)


def query(server: EmbeddedPostgres, statement: str) -> object:
    connection = psycopg2.connect(server.url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


def a_command_using_the_database(state: Path, code: str) -> "subprocess.Popen[str]":
    program = (
        "import sys, time; from pathlib import Path; from data_platform.instance.embedded import EmbeddedPostgres\n"
        f"server = EmbeddedPostgres(Path(sys.argv[1]))\nwith server.running():\n    {code}\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_command_starts_the_database_and_stops_it_again(state: Path) -> None:
    server = EmbeddedPostgres(state)
    assert not server.is_ready()
    with server.running():
        query(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert query(server, "SELECT current_database(), current_setting('synchronous_commit')") == (
            "data_platform",
            "on",
        )
    assert not server.is_ready()
    with server.running():
        assert query(server, "SELECT answer FROM kept") == (42,)


def test_the_server_runs_as_another_user_than_root_and_answers_nobody_else(state: Path) -> None:
    server = EmbeddedPostgres(state)
    with server.running():
        pid = int((state / "postgres/data/postmaster.pid").read_text().split()[0])
        assert psutil.Process(pid).uids().real != 0
        assert not [c for c in psutil.Process(pid).net_connections() if c.status == "LISTEN" and c.laddr]
        if ROOT:
            assert connection_error_as("daemon", server.url).endswith("Permission denied")


def connection_error_as(user: str, url: str) -> str:
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.setuid(pwd.getpwnam(user).pw_uid)
            psycopg2.connect(url)
        except Exception as error:
            os.write(writer, str(error).split("\n")[0].encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as answer:
        return answer.read()


@pytest.mark.skipif(not ROOT, reason="only root can become another user")
def test_a_plain_user_runs_it_as_itself(state: Path) -> None:
    owned = state / "own"
    owned.mkdir()
    os.chown(owned, 65534, 65534)
    program = (
        "import sys, os; from pathlib import Path; from data_platform.instance.embedded import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(Path(sys.argv[1]))\n"
        "with server.running(): print(os.geteuid(), (server.folder / 'data').stat().st_uid, server.is_ready())"
    )
    # `--run` starts a program as the owner of a folder, here a plain user's
    run = [sys.executable, "-m", "data_platform.instance.serve", "--run", str(owned)]
    done = subprocess.run(
        [*run, sys.executable, "-c", program, str(owned)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["65534", "65534", "True"], done.stderr


@pytest.mark.skipif(not ROOT, reason="root's own folders")
def test_a_state_folder_that_only_root_may_enter_works_and_stays_closed(state: Path) -> None:
    os.chmod(state, 0o700)
    with EmbeddedPostgres(state / "below").running():
        assert query(EmbeddedPostgres(state / "below"), "SELECT 1") == (1,)
    assert state.stat().st_mode & 0o777 == 0o700


def test_a_path_too_long_for_a_socket_uses_the_loopback_address_with_a_password(state: Path) -> None:
    server = EmbeddedPostgres(state / ("long" * 30))
    with server.running():
        assert "@127.0.0.1:" in server.url
        assert query(server, "SELECT 1") == (1,)
        without_password = server.url.replace(server.url.split(":")[2].split("@")[0], "wrong")
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(without_password)
    assert (server.folder / "password").stat().st_mode & 0o077 == 0


def test_a_half_finished_creation_is_redone(state: Path) -> None:
    half = state / "postgres/data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(state).running():
        assert query(EmbeddedPostgres(state), "SELECT 1") == (1,)
    assert not half.exists()


def test_two_processes_creating_at_once_make_one_database(state: Path) -> None:
    commands = [a_command_using_the_database(state, "print(server.is_ready())") for _ in range(2)]
    assert [c.communicate(timeout=60)[0].strip() for c in commands] == ["True", "True"]
    assert not EmbeddedPostgres(state).is_ready()


def test_the_last_command_stops_the_database_not_the_first(state: Path) -> None:
    first = a_command_using_the_database(state, "print('in', flush=True); input()")
    assert first.stdout
    assert first.stdout.readline() == "in\n"
    second = a_command_using_the_database(state, "print('in', flush=True); input()")
    assert second.stdout
    assert second.stdout.readline() == "in\n"
    first.communicate("\n", timeout=60)
    assert EmbeddedPostgres(state).is_ready()
    second.communicate("\n", timeout=60)
    assert not EmbeddedPostgres(state).is_ready()


def test_a_command_leaves_a_supervised_server_alone(
    state: Path, serve: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    process = serve()
    with EmbeddedPostgres(state).running():
        assert query(EmbeddedPostgres(state), "SELECT 1") == (1,)
    assert EmbeddedPostgres(state).is_ready()
    assert process.poll() is None


def test_the_database_left_by_a_killed_command_is_stopped_by_the_next(state: Path) -> None:
    command = a_command_using_the_database(state, "print('in', flush=True); input()")
    assert command.stdout
    command.stdout.readline()
    command.kill()
    command.wait()
    assert EmbeddedPostgres(state).is_ready()
    with EmbeddedPostgres(state).running():
        pass
    assert not EmbeddedPostgres(state).is_ready()


def test_only_an_abandoned_database_is_stopped_for_a_start_of_the_platform(state: Path) -> None:
    command = a_command_using_the_database(state, "print('in', flush=True); input()")
    assert command.stdout
    command.stdout.readline()
    EmbeddedPostgres(state).stop_abandoned()
    assert EmbeddedPostgres(state).is_ready(), "it is in use"
    command.kill()
    command.wait()
    EmbeddedPostgres(state).stop_abandoned()
    assert not EmbeddedPostgres(state).is_ready()
    EmbeddedPostgres(state).stop_abandoned()


def test_a_killed_server_starts_again_with_what_was_committed(
    state: Path, serve: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    server = EmbeddedPostgres(state)
    first = serve()
    query(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    open_session = psycopg2.connect(server.url)
    first.kill()
    first.wait()
    serve()
    assert query(server, "SELECT answer FROM kept") == (42,)
    open_session.close()


def test_the_process_file_of_a_server_killed_with_everything_is_no_obstacle(
    state: Path, serve: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    server = serve()
    for child in psutil.Process(server.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # PostgreSQL starts short-lived workers
            child.kill()
    server.kill()
    server.wait()
    process_file = state / "postgres/data/postmaster.pid"
    # after a reboot the number may belong to any process, here to this test
    process_file.write_text(process_file.read_text().replace(str(server.pid), str(os.getpid()), 1))
    serve()
    assert EmbeddedPostgres(state).is_ready()


def test_an_interrupt_stops_the_server_at_once_despite_open_sessions(
    state: Path, serve: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    process = serve()
    session = psycopg2.connect(EmbeddedPostgres(state).url)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert process.wait(20) == 0
    assert time.monotonic() - began < 10
    session.close()


def test_a_folder_that_cannot_be_written_is_one_clear_error(state: Path) -> None:
    (state / "file").write_text("in the way")
    with pytest.raises(DataPlatformError, match="folder cannot be used") as raised:
        EmbeddedPostgres(state / "file").prepare()
    assert "DATA_PLATFORM_STATE" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_data_of_another_postgresql_version_is_refused_by_name(state: Path) -> None:
    server = EmbeddedPostgres(state)
    server.prepare()
    (state / "postgres/data/PG_VERSION").write_text("12\n")
    with pytest.raises(DataPlatformError, match="made by PostgreSQL 12"):
        server.command()
