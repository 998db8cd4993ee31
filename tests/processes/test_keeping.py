import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from data_platform.errors import UsageError
from data_platform.processes import Folders, ProcessesError
from data_platform.processes.bring_up import bring_up
from data_platform.processes.keeper import running_keeper
from data_platform.processes.keeper_config import keeper_config
from data_platform.processes.programs import Stage
from tests.processes.conftest import SmallPlatform, lives, until


def test_programs_start_after_what_they_need_and_stop_in_reverse(small: SmallPlatform) -> None:
    small.start(
        small.program("web", after=("code",)),
        small.program("code", "--work", "0.5", stage=Stage.CODE_SERVERS, after=("database",), finishes_work=True),
        small.program("database", stage=Stage.DATABASE, stop_signal="INT"),
    )
    assert small.stop()
    assert small.happened == [
        *("database started", "code started", "web started"),
        *("web told by SIGTERM", "web ended"),
        *("code told by SIGTERM", "code ended"),
        *("database told by SIGINT", "database ended"),
    ]
    assert not small.stop(), "there is nothing left to stop"


def test_a_killed_program_is_started_again_and_that_is_told(small: SmallPlatform) -> None:
    keeper = small.start(small.program("code"))
    first = keeper.programs()["code"]
    assert first.pid
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: keeper.programs()["code"].pid not in {None, first.pid})
    again = keeper.programs()["code"]
    assert again.ends == 1
    assert again.last_end == pytest.approx(time.time(), abs=30)


def test_running_work_may_finish(small: SmallPlatform) -> None:
    small.start(small.program("code", "--work", "3", stage=Stage.CODE_SERVERS, finishes_work=True))
    small.stop(grace=20)
    assert "code ended" in small.happened
    assert small.happened.count("code told by SIGTERM") == 1


def test_work_that_takes_too_long_is_interrupted_and_then_killed(small: SmallPlatform) -> None:
    small.start(small.program("code", "--deaf", "--child", stage=Stage.CODE_SERVERS, finishes_work=True))
    before = small.processes
    small.stop(grace=1)
    assert small.happened.count("code told by SIGTERM") == 2
    assert not any(lives(process) for process in before)


def test_a_second_interrupt_ends_the_waiting_for_work(small: SmallPlatform) -> None:
    from data_platform.processes import stop

    small.start(small.program("code", "--work", "60", stage=Stage.CODE_SERVERS, finishes_work=True))
    hurry = threading.Event()
    threading.Timer(1, hurry.set).start()
    began = time.monotonic()
    stop(small.folders, grace=60, tell=small.told.append, hurry=hurry)
    assert time.monotonic() - began < 30


def test_a_required_program_that_does_not_start_is_told_with_its_last_words(small: SmallPlatform) -> None:
    with pytest.raises(ProcessesError, match=r"web does not start: the cupboard is bare") as caught:
        small.start(small.program("web", "--fail"))
    assert str(small.folders.log("web")) in str(caught.value)


def test_a_code_server_that_does_not_start_stops_nobody(small: SmallPlatform) -> None:
    keeper = small.start(
        small.program("bad", "--fail", stage=Stage.CODE_SERVERS, required=False), small.program("web", after=("bad",))
    )
    assert keeper.programs()["web"].alive
    assert any("bad does not start: the cupboard is bare" in line for line in small.told)


def test_what_a_killed_keeper_left_is_found_and_stopped_in_order(small: SmallPlatform) -> None:
    keeper = small.start(
        small.program("database", stage=Stage.DATABASE, stop_signal="INT"), small.program("web", "--child")
    )
    left = [process for process in small.processes if process.pid != keeper.pid]
    os.kill(keeper.pid, signal.SIGKILL)
    until(lambda: running_keeper(small.folders) is None)
    assert len(left) == 3
    assert small.stop()
    assert not any(lives(process) for process in left)
    assert small.happened[-4:] == ["web told by SIGTERM", "web ended", "database told by SIGINT", "database ended"]


def test_processes_of_others_are_left_alone(small: SmallPlatform) -> None:
    keeper = small.start(small.program("web"))
    number = keeper.programs()["web"].pid
    assert number
    # the very same command, but not started by this platform
    other = subprocess.Popen([*psutil.Process(number).cmdline()[:-1], str(small.folders.state / "other.sock")])
    os.kill(keeper.pid, signal.SIGKILL)
    small.stop()
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_start_after_a_kill_heals_what_lies_around(small: SmallPlatform) -> None:
    web = small.program("web")
    keeper = small.start(web)
    for process in small.processes:
        process.kill()
    until(lambda: not small.processes)
    assert small.folders.keeper_socket.exists(), "the killed keeper could not remove its socket"
    # the number in the keeper's file belongs to another process by now
    (small.folders.run / "keeper.pid").write_text(str(os.getpid()))
    keeper = small.start(web)
    assert keeper.programs()["web"].alive


def test_a_start_finds_what_runs_already(small: SmallPlatform) -> None:
    web = small.program("web")
    keeper = small.start(web)
    number = keeper.programs()["web"].pid
    bring_up(small.folders, keeper, [web], small.told.append)
    assert keeper.programs()["web"].pid == number


@pytest.mark.parametrize("name", ["with space", "100%", "it's", "a;b", "a#b", "ünï"])
def test_the_state_folder_may_have_an_odd_name(short_folder: Path, name: str) -> None:
    small = SmallPlatform(short_folder / name)
    try:
        small.start(small.program("web"))
        assert small.happened == ["web started"]
    finally:
        small.stop()


@pytest.mark.parametrize("name", ["a ;b", "a #b", "a\nb"])
def test_a_folder_that_the_configuration_cannot_name_is_refused(short_folder: Path, name: str) -> None:
    folders = Folders(short_folder / name)
    with pytest.raises(UsageError, match="cannot be used"):
        keeper_config(folders, [], short_folder)


def test_a_long_path_gets_a_short_private_socket_folder(short_folder: Path) -> None:
    small = SmallPlatform(short_folder / ("long" * 40))
    try:
        assert len(str(small.folders.code_server_socket("u" * 40))) < 104
        assert small.folders.sockets.stat().st_mode & 0o077 == 0
        small.start(small.program("web"))
        assert small.happened == ["web started"]
    finally:
        small.stop()
        small.folders.sockets.rmdir() if not any(small.folders.sockets.iterdir()) else None


def test_a_socket_folder_of_somebody_else_is_refused(short_folder: Path) -> None:
    folders = Folders(short_folder / ("long" * 40))
    target = short_folder / "trap"
    target.mkdir()
    folders.sockets.symlink_to(target)
    try:
        with pytest.raises(ProcessesError, match="not a folder of this user"):
            folders.make()
    finally:
        folders.sockets.unlink()


def test_files_and_sockets_are_closed_to_other_users(small: SmallPlatform) -> None:
    small.start(small.program("web"))
    for folder in (small.folders.run, small.folders.logs, small.folders.sockets):
        assert folder.stat().st_mode & 0o077 == 0, folder
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(small.folders.keeper_socket))
    connections = [item for process in small.processes for item in process.net_connections(kind="inet")]
    assert not connections, "nothing listens on the network"


def test_a_program_started_from_the_background_can_be_interrupted(small: SmallPlatform) -> None:
    """A shell without job control starts `command &` with SIGINT ignored, and children inherit that."""
    script = (
        "import sys; from pathlib import Path; from tests.processes.conftest import SmallPlatform;"
        "from data_platform.processes.programs import Stage; small = SmallPlatform(Path(sys.argv[1]));"
        "small.start(small.program('database', stage=Stage.DATABASE, stop_signal='INT'))"
    )
    subprocess.run(
        ["sh", "-c", '"$0" -c "$1" "$2" & wait', sys.executable, script, str(small.folders.state)], check=True
    )
    small.stop()
    assert small.happened == ["database started", "database told by SIGINT", "database ended"]
