"""The processes of one platform, found by the mark in their environment, whoever their parent is by now."""

import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psutil

from data_platform.processes.folders import Folders
from data_platform.processes.plan import MARK, RUN_WORKERS

_PROGRAM_VARIABLE = "SUPERVISOR_PROCESS_NAME"  # set by supervisord for the programs it starts


@dataclass(frozen=True)
class OurProcess:
    """A living process of this platform.

    Attributes:
        process: knows when it was started, so a signal never reaches another process that took over its number.
        program: name of the program it belongs to; None for the keeper itself.
    """

    process: psutil.Process
    program: str | None

    @property
    def parent(self) -> int | None:
        """The process that started it, or the one that took it over."""
        try:
            return self.process.ppid()
        except psutil.Error:
            return None

    @property
    def executes_run(self) -> bool:
        """Whether it works for a run: a code server's child, or a fork of the program that starts runs."""
        try:
            if self.program == RUN_WORKERS:
                parent = self.process.parent()
                return parent is not None and parent.cmdline() == self.process.cmdline()
            return "--multiprocessing-fork" in self.process.cmdline()
        except psutil.Error:
            return False

    def send(self, name: str) -> None:
        """Send a signal, as in `TERM`, if it still lives."""
        try:
            self.process.send_signal(signal.Signals[f"SIG{name}"])
        except psutil.Error:
            return


def our_processes(folders: Folders) -> list[OurProcess]:
    """All living processes of the platform of this state folder, except this one and those it was started by."""
    itself = psutil.Process()
    spared = {itself.pid, *(parent.pid for parent in itself.parents())}
    return [found for found in _marked(str(folders.run)) if found.process.pid not in spared]


def of_programs(processes: Iterable[OurProcess], names: Iterable[str]) -> list[OurProcess]:
    """Those that belong to one of these programs."""
    wanted = set(names)
    return [process for process in processes if process.program in wanted]


def _marked(mark: str) -> Iterator[OurProcess]:
    for process in psutil.process_iter():
        try:
            variables = process.environ()
            if variables.get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield OurProcess(process, variables.get(_PROGRAM_VARIABLE))
        except psutil.Error:
            continue  # somebody else's, or gone
