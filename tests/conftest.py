"""What tests of several rooms need: one PostgreSQL server, one browser, and the signals of a terminal."""

import os
import shutil
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from data_platform.instance.embedded import EmbeddedPostgres
from tests.distribution import InGroups, is_live
from tests.postgres import Databases, running_server

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is live takes longest, so it comes first."""
    items.sort(key=lambda item: not is_live(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> InGroups:
    """The groups are ours: `--dist loadgroup` of pytest-xdist 3.8 silently groups nothing under pytest 9.2."""
    return InGroups(config, log)


@pytest.fixture(scope="session", autouse=True)
def _signals() -> None:
    """In the background and under nohup programs ignore these, and so would those that tests end by them."""
    for number, usual in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(autouse=True)
def _variables() -> Iterator[None]:
    """A command that a test runs in this process says where the instance is; no later test is to inherit that."""
    before = dict(os.environ)
    yield
    for name in {*os.environ, *before}:
        if name.startswith(("DATA_PLATFORM_", "DAGSTER_")) and os.environ.get(name) != before.get(name):
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    """The one PostgreSQL server of the tests that neither stop it nor look at all of it."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def databases(server: EmbeddedPostgres) -> Iterator[Databases]:
    """Empty databases of the server."""
    databases = Databases(server)
    yield databases
    databases.settle()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real browser."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        assert not os.environ.get("CI"), "Chromium is missing"
        pytest.skip("Chromium is missing (on Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield started
        started.close()
