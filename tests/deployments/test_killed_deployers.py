"""`kill -9` of the deployer, in each phase and at random moments: it is settled by itself, or by one command."""

import json
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from tests.deployments.speaking import Platform
from tests.end_to_end.live import kill, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# DATA_PLATFORM_TEST_SEED repeats the moments
SEED = int(os.environ.get("DATA_PLATFORM_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
SLOW = "SELECT count(*) FROM range(10000000) a(i) WHERE hash(i) % 7 = 3 AND sqrt(i) % 3 < 1"
HARMLESS = ("validating", "waiting", "holding", "draining")
PHASES = (*HARMLESS, "schema", "code", "verifying", "rolling back", "releasing")
ENDS = {"failed", "failed_and_rolled_back", "succeeded"}


@pytest.mark.parametrize("phase", PHASES)
def test_a_deployer_that_is_killed_in_a_phase_is_settled_by_one_command_at_most(
    platform: Platform, tmp_path: Path, phase: str
) -> None:
    write(platform, phase.replace(" ", "_"), "bad" if phase == "rolling back" else "better")
    held = hold(platform) if phase == "waiting" else None
    flying = platform.speak(tmp_path / "go on") if phase in ("holding", "draining") else None
    deploying = begin(platform)
    platform.reads(deploying, "validating fleet" if phase == "validating" else phase)
    kill(deploying.pid)
    deploying.communicate()
    waiting = platform.speak()
    (tmp_path / "go on").touch()
    if held:
        platform.live.dp("hold", "release", held)
    state = settled(platform, waiting)
    if phase in HARMLESS:
        assert state == "failed"
        assert platform.latest()["cause"].endswith("; nothing was changed")
    if flying:
        assert platform.live.ended(flying)["status"] == "SUCCESS"


@pytest.mark.parametrize("turn", range(4))
def test_a_deployer_that_is_killed_at_any_moment_is_settled_by_one_command_at_most(
    platform: Platform, turn: int
) -> None:
    chance = random.Random(SEED + turn)  # noqa: S311 (no secret)
    write(platform, f"any_{turn}", chance.choice(("better", "better", "bad")))
    deploying = begin(platform)
    assert deploying.stderr
    moment = chance.random() * 12
    print(f"seed {SEED}: killed {moment:.1f} s after it was in the ledger")
    deploying.stderr.readline()
    time.sleep(moment)
    kill(deploying.pid)
    deploying.communicate()
    settled(platform, platform.speak())


def write(platform: Platform, name: str, word: str) -> None:
    """Write code that says a word, and two changesets, one of them slow; `good` is served until they are deployed."""
    platform.write("good")
    platform.live.dp("deploy", "fleet")
    platform.write(word)
    table = f"--changeset jana:{name}\nCREATE TABLE main.d_{name} (id int)\n--rollback DROP TABLE main.d_{name}\n"
    platform.changelog(f"d_{name}.sql", f"{table}\n--changeset jana:slow_{name}\n{SLOW};\n--rollback empty\n")


def begin(platform: Platform) -> subprocess.Popen[str]:
    return platform.live.begin("deploy", "fleet", "--smoke", "fleet:smoking")


def hold(platform: Platform) -> str:
    [taken] = json.loads(platform.live.dp("hold", "take", "--unit", "fleet", "--reason", "disk", "--json"))
    return str(taken["hold"])


def settled(platform: Platform, waiting: str) -> str:
    """Settle the latest deployment as `dp deploy status` says, if it does; what became of it, which all agrees with."""
    live, number = platform.live, platform.latest()["deployment"]
    until(lambda: platform.latest()["state"] in {*ENDS, "abandoned"}, 120)
    if platform.latest()["state"] == "abandoned":
        told = live.attempt("deploy", "status")
        assert told.returncode == 1
        ways = [way for way in ("resume", "rollback") if f"dp deploy {way} {number}" in told.stdout + told.stderr]
        assert ways == ["resume", "rollback"], told
        assert platform.status_of(waiting) == "QUEUED", "the hold stays"
        live.attempt("deploy", random.Random(SEED + number).choice(ways), str(number))  # noqa: S311 (no secret)
    state = str(platform.latest()["state"])
    assert state in ENDS
    assert json.loads(live.dp("deploy", "status", "--json"))["unsettled"] == []
    until(lambda: not platform.holds(), 90)
    [change] = json.loads(live.dp("deploy", "fleet", "--forecast", "--json"))["units"]
    assert len(change["changesets"]) == (0 if state == "succeeded" else 2), "the warehouse agrees with the ledger"
    assert live.ended(waiting)["status"] == "SUCCESS"
    assert platform.said()[waiting] == ("better" if state == "succeeded" else "good")
    return state
