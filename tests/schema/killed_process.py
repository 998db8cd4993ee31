"""A process of the tests' own that can be killed at a chosen point of its talk with the database."""

import os
import signal
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[2]


def started_module(module: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a module of this room as a program; its errors stand in its output."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.schema.{module}", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class Points:
    """A profile function that counts points, right before and right after each call, and kills the process at one.

    Args:
        kill_at: at which point, counted from 1.
        talks: names of the functions that talk to a database.
    """

    def __init__(self, kill_at: int, talks: Collection[str]) -> None:
        self.kill_at, self.talks = kill_at, talks
        self.met = 0

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        code = frame.f_code
        if event in ("call", "return") and code.co_name in self.talks and code.co_filename.endswith("_session.py"):
            self.met += 1
            if self.met == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
