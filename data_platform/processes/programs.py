"""A program of the platform: how it is started, when it is ready, how it stops. Pure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum


class Stage(IntEnum):
    """Stages stop one after the other, the highest first."""

    DATABASE = 10
    CODE_SERVERS = 20
    CONTROL = 30


@dataclass(frozen=True)
class Program:
    """One process that the keeper starts, watches and starts again when it ends.

    Attributes:
        name: unique; also the name of its log file.
        command: program and arguments; no secrets (anyone on the machine can read them).
        stage: when it stops.
        is_ready: whether it does its work now; called often, so it must be quick.
        after: names of programs that must be ready, or have failed, before it is started.
        stop_signal: asks it to end.
        finishes_work: it may go on after `stop_signal` until the runs it executes have finished.
        required: without it there is no platform; a code server that fails does not stop the others.
        location: the code location it serves, if it is a code server.
    """

    name: str
    command: tuple[str, ...]
    stage: Stage
    is_ready: Callable[[], bool]
    after: tuple[str, ...] = ()
    stop_signal: str = "TERM"
    finishes_work: bool = False
    required: bool = True
    location: str | None = None


def next_to_start(
    programs: Sequence[Program], *, started: Collection[str], ready: Collection[str], failed: Collection[str]
) -> list[Program]:
    """Programs that can be started now.

    Args:
        programs: all programs of the platform.
        started: names of those that are running already.
        ready: names of those that do their work.
        failed: names of those that were given up; they hold nobody back.
    """
    settled = {*ready, *failed}
    return [program for program in programs if program.name not in started and settled.issuperset(program.after)]
