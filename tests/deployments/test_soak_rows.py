"""The rules of a soak find every way in which they can be broken."""

from dataclasses import replace
from typing import Any

import pytest

from tests.deployments.soak_rows import DeploymentRow, Gap, Promised, Rows, RunRow, violations
from tests.deployments.soaking import STEPS


def _said(version: str, **other: str) -> dict[str, str]:
    return dict.fromkeys(STEPS, f"{version} {version} a word") | other


BEFORE = RunRow("before", "fleet", "SUCCESS", 1.0, 9.9, _said("v1"))
AFTER = RunRow("after", "fleet", "SUCCESS", 20.1, 22.0, _said("v2"))
BESIDE = RunRow("beside", "operations", "SUCCESS", 12.0, 13.0, _said("w1"))
SMOKE = RunRow("smoke", "fleet", "FAILURE", 15.0, 16.0, exempt=True)
SOUND = Rows(
    runs=[BEFORE, AFTER, BESIDE, SMOKE],
    gaps=[Gap(1, "fleet", 10.0, 20.0), Gap(2, "*", 30.0, 40.0)],
    deployments=[
        DeploymentRow(1, "succeeded", {"fleet": "v2"}),
        DeploymentRow(2, "failed_and_rolled_back", {"fleet": "v3"}),
    ],
)
PROMISED = Promised(
    submitted=["before", "after", "beside"],
    outcomes={1: ["succeeded", "superseded"], 2: ["failed_and_rolled_back"]},
    served={"fleet": "v2", "operations": "w1"},
)


def test_what_is_sound_breaks_no_rule() -> None:
    assert violations(SOUND, PROMISED) == []


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"status": "FAILURE"}, "run after of fleet ended as FAILURE"),
        ({"status": "CANCELED"}, "run after of fleet ended as CANCELED"),
        ({"status": "QUEUED", "begun": None, "ended": None}, "run after of fleet ended as QUEUED"),
        ({"begun": None}, "run after of fleet has no times"),
        ({"starts": 2}, "run after of fleet was started 2 times"),
        ({"begun": 10.0, "ended": 12.0}, "run after of fleet started in the gap of deployment 1"),
        ({"begun": 19.99}, "run after of fleet started in the gap of deployment 1"),
        ({"begun": 31.0, "ended": 32.0}, "run after of fleet started in the gap of deployment 2"),
        ({"ended": 30.1}, "run after of fleet was in flight in the gap of deployment 2"),
        ({"said": {"first": "v2 v2 a word"}}, "run after of fleet says ['first'] instead of"),
        ({"said": _said("v2", third="v3 v3 a word")}, "run after of fleet executed several versions"),
        ({"said": dict.fromkeys(STEPS, "v2 v3 word")}, "run after of fleet executed v2 while v3 was served"),
        ({"said": _said("v1")}, "run after of fleet executed v1, but v2 was deployed before"),
    ],
)
def test_a_run_that_breaks_a_rule_is_found(changed: dict[str, Any], line: str) -> None:
    [found] = violations(replace(SOUND, runs=[BEFORE, replace(AFTER, **changed), BESIDE, SMOKE]), PROMISED)
    assert found.startswith(line)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"runs": [AFTER, BESIDE, SMOKE]}, "run before was lost"),
        ({"holds_left": ["7 on fleet"]}, "hold 7 on fleet is left"),
        (
            {"deployments": [SOUND_1 := DeploymentRow(1, "succeeded", {"fleet": "v2"}), DeploymentRow(2, None)]},
            "deployment 2 has not ended",
        ),
        (
            {"deployments": [SOUND_1, DeploymentRow(2, "rollback_failed")]},
            "deployment 2 rollback_failed instead of failed_and_rolled_back",
        ),
        (
            {"deployments": [SOUND_1, DeploymentRow(2, "failed")]},
            "deployment 2 failed instead of failed_and_rolled_back",
        ),
        ({"deployments": [SOUND_1, DeploymentRow(3, "succeeded")]}, "deployment 3 was begun by nobody"),
    ],
)
def test_a_deployment_that_breaks_a_rule_is_found(changed: dict[str, Any], line: str) -> None:
    assert violations(replace(SOUND, **changed), PROMISED) == [line]


def test_a_unit_that_serves_something_else_than_was_deployed_last_is_found() -> None:
    promised = replace(PROMISED, served={"fleet": "v1", "operations": "w1"})
    assert violations(SOUND, promised) == ["fleet serves v1, but v2 was deployed"]


def test_a_smoke_run_may_fail_but_only_one_that_was_exempt() -> None:
    [found] = violations(replace(SOUND, runs=[BEFORE, AFTER, BESIDE, replace(SMOKE, exempt=False)]), PROMISED)
    assert found == "run smoke of fleet ended as FAILURE"
