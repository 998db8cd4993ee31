"""The platform of compose.yaml in a Docker engine of the tests' own, and a second image with other code of a unit."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.containers import engine as engines
from tests.containers.engine import Engine
from tests.containers.images import build_platform, make_bases
from tests.containers.platform import Containers
from tests.end_to_end.checkout import make_checkout
from tests.end_to_end.live import Live, free_port


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A real Docker engine."""
    if problem := engines.missing():
        assert not os.environ.get("CI"), problem
        pytest.skip(problem)
    with engines.engine() as started:
        yield started


@pytest.fixture(scope="session")
def platform(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """The platform, healthy, of an image whose unit fleet says "old"; the tests that follow change it."""
    folder = tmp_path_factory.mktemp("images")
    checkout = make_checkout(tmp_path_factory.mktemp("checkout"))
    (checkout / ".env").write_text("DATA_PLATFORM_POSTGRES_PASSWORD=overridden\n")
    make_bases(engine, folder)
    build_platform(engine, checkout, "new", folder)
    image = build_platform(engine, checkout, "old", folder)
    live = Live(tmp_path_factory.mktemp("nothing"), free_port(), checkout)
    started = Containers(engine, checkout, live, image)
    started.compose("up", "-d")
    started.wait_until_healthy()
    yield started
    started.compose("down", "--volumes", "--timeout", "5")


@pytest.fixture(scope="session")
def newer(platform: Containers) -> Containers:
    """The same platform, commanded from the image whose unit fleet says "new"."""
    return replace(platform, image="data-platform:new")
