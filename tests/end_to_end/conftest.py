"""One platform with the real units for most tests; whoever disturbs it leaves it healthy and its data as it was."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.data import Contents, contents
from tests.end_to_end.live import LOCATIONS, Live, free_port, until


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test of a platform waits for its start, and a busy machine is slow."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(600))


@contextmanager
def own_state() -> Iterator[Path]:
    """A state folder for one platform; whatever runs in it is stopped at the end."""
    # not tmp_path: a socket's path must be short
    folder = Path(tempfile.mkdtemp(prefix="dp-e2e-")).resolve()
    try:
        yield folder
    finally:
        stopped = Live(folder, 0)
        stopped.attempt("down", "--grace", "0")
        left = stopped.processes()
        for process in left:
            process.kill()
        shutil.rmtree(folder)
        assert not left


@pytest.fixture(scope="package")
def platform() -> Iterator[Live]:
    """The real units, started and materialized by one real `dp up --detach`."""
    with own_state() as state:
        started = Live(state, free_port())
        output = started.dp("up", "--detach", "--port", str(started.port))
        assert output.splitlines()[-1] == started.address
        yield started


@pytest.fixture(scope="package")
def first_contents(platform: Live) -> Contents:
    """What the first build made."""
    return contents(platform)


@pytest.fixture
def live(platform: Live, first_contents: Contents) -> Iterator[Live]:
    """The platform, healthy; the test leaves it so."""
    assert platform.healthy()
    yield platform
    until(platform.healthy)
    assert {item["name"] for item in platform.status()["locations"]} == set(LOCATIONS)


@pytest.fixture
def page(live: Live, browser: Any) -> Iterator[Any]:
    """A page of the UI, 1400 by 900."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, base_url=live.address)
    context.set_default_timeout(60_000)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not errors
