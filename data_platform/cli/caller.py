"""Who gives a command that must not stop half-way, what it is told meanwhile, and how it is told to end."""

import getpass
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from data_platform.cli.output import nobody_reads

# of a pipeline or a service manager, and of a terminal that is closed: they may come together, or more than once
_ENDING = (signal.SIGTERM, signal.SIGHUP)


def who() -> str:
    """Who gives this command."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # in a container the user may be a number only
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def tell(line: str) -> None:
    """Say a line beside the result. Where nobody reads it any more, what is being done goes on all the same."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        nobody_reads(sys.stderr)


def end_as_interrupted() -> None:
    """From now on, have the command end as by Ctrl-C when it is told to: it must give back its holds.

    Once is enough: taking back what was done must not be interrupted by the next.
    """
    for number in _ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` wants it
            signal.signal(number, _end)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP (a closed terminal) end the command as Ctrl-C does, also one started in the background."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # `nohup` means to outlive the terminal
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(_number: int, _frame: FrameType | None) -> None:
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
