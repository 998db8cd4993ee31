import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_platform.processes import Folders, ProcessesError
from data_platform.processes.lock import alone

_HOLD = (
    "import sys, time; from pathlib import Path; from data_platform.processes import Folders;"
    "from data_platform.processes.lock import alone\n"
    "with alone(Folders(Path(sys.argv[1])), seconds=5, waiting=print):\n"
    "    print('held', flush=True); time.sleep(float(sys.argv[2]))"
)


def _holder(state: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _HOLD, str(state), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_command_waits_and_knows_for_whom(short_folder: Path) -> None:
    folders = Folders(short_folder)
    folders.make()
    holder = _holder(short_folder, 1)
    holders: list[int | None] = []
    with alone(folders, seconds=20, waiting=holders.append):
        assert holder.wait(5) == 0
    assert holders == [holder.pid]


def test_a_lock_that_stays_taken_is_an_error(short_folder: Path) -> None:
    folders = Folders(short_folder)
    folders.make()
    holder = _holder(short_folder, 60)
    try:
        with (
            pytest.raises(ProcessesError, match=f"PID {holder.pid}"),
            alone(folders, seconds=0.5, waiting=lambda _: None),
        ):
            pass
    finally:
        holder.kill()
        holder.wait()


def test_a_killed_holder_leaves_no_lock(short_folder: Path) -> None:
    folders = Folders(short_folder)
    folders.make()
    holder = _holder(short_folder, 60)
    holder.kill()
    holder.wait()
    began = time.monotonic()
    with alone(folders, seconds=20, waiting=lambda _: None):
        assert folders.lock.read_text() == str(os.getpid())
    assert time.monotonic() - began < 5
