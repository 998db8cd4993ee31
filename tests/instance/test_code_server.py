"""The program that serves a unit's code: a real one, looked at as the webserver does."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import grpc
import psutil
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget

from data_platform.instance.code_server.taking_over import CodeServerAddress, NotTakenOverError, take_over

LOADS = "import dagster as dg\n\n@dg.job\ndef {name}():\n    pass\n\ndefs = dg.Definitions(jobs=[{name}])\n"
RAISES = "import dagster as dg\n\nraise RuntimeError('the tables are not there')\n"
DIES = "import os\n\nos._exit(3)\n"


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


class Served:
    """A code server on the link `current` to a version's folder, and a webserver's view of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "unit.sock"
        self.version(LOADS.format(name="one"))
        program = ["-m", "data_platform.instance.code_server", "--module-name", "served", "--location-name", "fleet"]
        where = ["--working-directory", str(folder / "current"), "--socket", str(self.socket)]
        self.process = psutil.Popen([sys.executable, *program, *where], stderr=subprocess.DEVNULL)

    def look(self) -> WorkspaceProcessContext:
        """The webserver's view, once there is something to see."""
        until(self.socket.exists)
        target = GrpcServerTarget(host="localhost", port=None, socket=str(self.socket), location_name="fleet")
        self.view = WorkspaceProcessContext(dg.DagsterInstance.local_temp(str(self.folder)), target)
        until(lambda: self.jobs() == {"one"})
        return self.view

    def version(self, code: str) -> None:
        """Keep a version beside the others, and have `current` name it."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "served.py").write_text(code)
        (self.folder / "fresh").symlink_to(folder)
        (self.folder / "fresh").replace(self.folder / "current")

    def take_over(self, patience: float = 30, seconds: float = 120) -> None:
        take_over(CodeServerAddress(socket=self.socket), patience=patience, seconds=seconds)

    def inner(self) -> psutil.Process:
        """The one process that holds the code, once others have ended."""
        until(lambda: len(self._living()) == 1)
        return self._living()[0]

    def _living(self) -> list[psutil.Process]:
        return [child for child in self.process.children() if child.status() != psutil.STATUS_ZOMBIE]

    def jobs(self) -> set[str]:
        """What analysts see; an empty set where they see an error."""
        context = self.view.create_request_context()
        if context.code_location_errors():
            return set()
        [repository] = context.get_code_location("fleet").get_repositories().values()
        return {job.name for job in repository.get_all_jobs()} - {"__ASSET_JOB"}

    def refresh(self) -> None:
        """Have the webserver look anew."""
        self.view.refresh_workspace()


@contextmanager
def serving() -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="dp-") as folder:
        served = Served(Path(folder))
        try:
            with served.look():
                yield served
        finally:
            for process in (*served.process.children(), served.process) if served.process.is_running() else ():
                process.kill()
            served.process.wait()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def test_new_code_takes_over_once_it_has_loaded_and_the_old_process_ends(served: Served) -> None:
    old = served.inner()
    served.version(LOADS.format(name="two"))
    served.take_over()
    until(lambda: served.jobs() == {"two"}, 10)
    assert served.inner() != old


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (RAISES, "RuntimeError: the tables are not there"),
        ("def defs(:\n", "SyntaxError: invalid syntax"),
        ("defs = 7\n", "No Definitions"),
        (DIES, "return code 3"),
    ],
)
def test_new_code_that_does_not_load_is_refused_and_nobody_sees_it(served: Served, code: str, reason: str) -> None:
    before = served.jobs()
    seen: set[frozenset[str]] = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            served.refresh()
            over.wait(0.1)
            seen.add(frozenset(served.jobs()))

    old = served.inner()
    looking = threading.Thread(target=look)
    looking.start()
    served.version(code)
    with pytest.raises(NotTakenOverError) as refused:
        served.take_over()
    assert served.inner() == old
    over.set()
    looking.join()
    assert reason in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert seen == {frozenset(before)}

    served.version(LOADS.format(name="mended"))
    served.take_over()
    until(lambda: served.jobs() == {"mended"}, 10)


def test_the_reload_button_shows_the_error_and_a_deployment_mends_it(served: Served) -> None:
    served.version(RAISES)
    with pytest.warns(UserWarning, match="Error loading repository location"):
        served.view.reload_code_location("fleet")
    [error] = served.view.create_request_context().code_location_errors()
    assert "the tables are not there" in error.to_string()

    served.version(LOADS.format(name="mended"))
    served.take_over()
    until(lambda: served.jobs() == {"mended"}, 10)


def test_a_load_that_takes_too_long_is_told_and_takes_nothing_over_later(served: Served) -> None:
    before, inner = served.jobs(), served.inner()
    served.version(f"import time\n\ntime.sleep(8)\n{LOADS.format(name='slow')}")
    began = time.monotonic()
    with pytest.raises(NotTakenOverError, match=r"it took more than \d s"):
        served.take_over(seconds=5)
    time.sleep(max(0.0, began + 10 - time.monotonic()))
    assert served.inner() == inner
    assert served.jobs() == before

    served.version(LOADS.format(name="quick"))
    served.take_over()
    until(lambda: served.jobs() == {"quick"}, 10)


def test_a_load_that_is_given_up_is_not_waited_for_and_takes_nothing_over_later(served: Served) -> None:
    before, inner = served.jobs(), served.inner()
    served.version(f"import time\n\ntime.sleep(3)\n{LOADS.format(name='slow')}")
    given_up = threading.Event()
    threading.Timer(0.5, given_up.set).start()
    began = time.monotonic()
    with pytest.raises(NotTakenOverError, match="given up"):
        take_over(CodeServerAddress(socket=served.socket), patience=5, seconds=60, given_up=given_up)
    assert time.monotonic() - began < 3
    time.sleep(max(0.0, began + 6 - time.monotonic()))
    assert served.inner() == inner
    assert served.jobs() == before


def test_a_code_server_that_was_told_to_end_sends_a_run_back_to_the_queue_instead_of_failing_it() -> None:
    with serving() as served, grpc.insecure_channel(f"unix:{served.socket}") as channel:
        channel.unary_unary("/api.DagsterApi/ShutdownServer")(b"", timeout=20)
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary("/api.DagsterApi/StartRun")(b"", timeout=20)
        # of which Dagster makes DagsterUserCodeUnreachableError, after which the daemon tries again
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "takes no new runs" in refused.value.details()


def test_a_code_server_that_is_away_is_waited_for_and_then_told(tmp_path: Path) -> None:
    with pytest.raises(NotTakenOverError, match="does not answer"):
        take_over(CodeServerAddress(socket=tmp_path / "nobody.sock"), patience=1, seconds=5)


def test_it_ends_when_it_is_told_to_with_its_inner_process() -> None:
    with serving() as served:
        inner = served.process.children()
        served.process.terminate()
        served.process.wait(30)
        psutil.wait_procs(inner, 30)
        assert not any(process.is_running() for process in inner)


def test_it_says_what_is_wrong_with_its_arguments() -> None:
    program = [sys.executable, "-m", "data_platform.instance.code_server", "--module-name", "served"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--location-name" in done.stderr
