"""Which tests run in one process when there are two (`pytest -n 2`): those of a file, of a room, or what is live."""

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

# they start whole platforms and have deadlines: one at a time, beside whatever else there is
_LIVE = (
    *(f"tests/deployments/test_{name}" for name in ("between_steps", "elsewhere", "ending", "fairness", "kill")),
    *(f"tests/deployments/test_{name}" for name in ("launching", "live", "runs_that_wait", "settling", "soak")),
    *("tests/containers/test_deploying.py", "tests/end_to_end/", "tests/gate/test_live.py"),
    "tests/processes/test_platform.py",
)
# what all tests of a room share takes long to make
_TOGETHER = tuple(f"tests/{room}/" for room in ("cli", "dbt", "dbt_projects", "units"))


def is_live(test: str) -> bool:
    """Whether a test, by its node's id, is one of those that run one at a time."""
    return test.startswith(_LIVE)


def group(test: str) -> str:
    """What runs in the process of a test, by its node's id."""
    if is_live(test):
        return "live"
    file = test.partition("::")[0]
    return next(filter(file.startswith, _TOGETHER), file)


class InGroups(LoadScopeScheduling):  # type: ignore[misc]  # xdist is untyped
    """Gives a process one group after the other, in the order of the tests."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
