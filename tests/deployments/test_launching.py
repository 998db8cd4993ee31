"""Launching a run while the webserver dies: a real platform, and a proxy that loses an answer."""

import uuid

import pytest

from data_platform.units.graphql import QueueError, Webserver
from data_platform.units.location import launch
from tests.deployments.silent_proxy import losing_an_answer
from tests.deployments.speaking import Platform

KEY = "test/number"


def runs_of(platform: Platform, number: str) -> list[str]:
    tags = [(run["runId"], {tag["key"]: tag["value"] for tag in run["tags"]}) for run in platform.live.runs()]
    return [run for run, tag in tags if tag.get(KEY) == number]


@pytest.mark.parametrize("passes_on", [pytest.param(True, id="after"), pytest.param(False, id="before")])
def test_a_run_is_launched_once_whether_the_webserver_dies_before_or_after_it_has_it(
    platform: Platform, passes_on: bool
) -> None:
    number = uuid.uuid4().hex
    with losing_an_answer(platform.live.port, passes_on=passes_on) as address:
        run = launch(Webserver(address, 30), "fleet", "smoking", {KEY: number}, unique=KEY)
    assert runs_of(platform, number) == [run]
    assert platform.live.ended(run)["status"] == "SUCCESS"


def test_a_run_that_could_not_be_found_again_is_not_launched_twice(platform: Platform) -> None:
    number = uuid.uuid4().hex
    with losing_an_answer(platform.live.port) as address, pytest.raises(QueueError, match="does not answer"):
        launch(Webserver(address, 30), "fleet", "smoking", {KEY: number})
    assert len(runs_of(platform, number)) == 1
