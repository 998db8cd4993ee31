"""Kill real work at a random point: `kill -9`, in processes that begin at once because they are forked warm."""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

Work = Callable[..., None]


class Killer:
    """Runs work in processes of its own. The work's first argument is a connection for its messages."""

    def __init__(self, *modules: str) -> None:
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload([*modules, "duckdb", "data_platform.warehouse", "data_platform.ingest"])

    def run(self, work: Work, *arguments: Any) -> float:
        """Run work to its end; the seconds it took."""
        receiver, process = self.start(work, *arguments)
        begin = time.monotonic()
        process.join()
        assert process.exitcode == 0
        receiver.close()
        return time.monotonic() - begin

    def kill(self, work: Work, *arguments: Any, after: float) -> list[Any]:
        """Kill work some seconds after it began; the messages it had sent."""
        receiver, process = self.start(work, *arguments)
        time.sleep(after)
        process.kill()
        process.join()
        messages = []
        with suppress(EOFError, OSError):
            while True:
                messages.append(receiver.recv())
        receiver.close()
        return messages

    def start(self, work: Work, *arguments: Any) -> tuple[Connection, Any]:
        """Start work; where its messages come, and its process."""
        receiver, sender = self.context.Pipe(duplex=False)
        process = self.context.Process(target=_working, args=(sender, work, *arguments))
        process.start()
        sender.close()
        assert receiver.recv() == "begun"
        return receiver, process


def _working(sender: Connection, work: Work, *arguments: Any) -> None:
    sender.send("begun")
    work(sender, *arguments)
