"""The operator's own program, a real one, that hears what becomes of deployments."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import pytest
from sqlalchemy import text

from data_platform.cli.main import run
from data_platform.deployments.errors import DeploymentError
from data_platform.deployments.hook import HOOK_VARIABLE, SECONDS, run_hook
from data_platform.deployments.ledger import Ledger
from data_platform.deployments.phases import Outcome, Phase
from data_platform.deployments.sensor import deployments_watch
from data_platform.deployments.telling import Event
from data_platform.environment import current_environment
from tests.deployments.attempts import ASKED, FORWARD, attempt

SUCCEEDED = attempt(FORWARD, Outcome.SUCCEEDED, changesets={"fleet": [f"{n}.sql::1::jana" for n in range(20_000)]})
Program = Callable[[str], str]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Writes a program that notes what it reads before it goes on."""

    def write(then: str = "") -> str:
        path = tmp_path / "my hook"
        path.write_text(f"#!{sys.executable}\nimport os, sys, time\nHERE = {str(tmp_path)!r}\n{then}\n")
        path.chmod(0o755)
        return str(path)

    return write


NOTE = "open(HERE + '/heard', 'a').write(sys.stdin.read() + '\\n')"


def heard(tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "heard"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_it_reads_the_whole_deployment_as_one_document(program: Program, tmp_path: Path) -> None:
    run_hook(program(NOTE), Event.FINISHED, SUCCEEDED)
    assert heard(tmp_path) == [{"format": 1, "event": "finished", "deployment": SUCCEEDED.as_document()}]


def test_one_that_reads_nothing_and_leaves_somebody_behind_has_been_told(program: Program) -> None:
    began = time.monotonic()
    run_hook(program("if not os.fork():\n    time.sleep(20)"), Event.FINISHED, SUCCEEDED)
    assert time.monotonic() - began < 9


def test_one_that_takes_too_long_is_killed_with_what_it_has_started(program: Program, tmp_path: Path) -> None:
    path = program("pid = os.fork()\nif pid:\n    open(HERE + '/child', 'w').write(str(pid))\ntime.sleep(300)")
    with pytest.raises(DeploymentError, match="my hook did not end within 2 s"):
        run_hook(path, Event.STARTED, SUCCEEDED, seconds=2)
    child = int((tmp_path / "child").read_text())
    psutil.wait_procs([psutil.Process(child)] if psutil.pid_exists(child) else [], timeout=30)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("print('first', file=sys.stderr)\nsys.exit('no such channel')", "my hook ended with 1: no such channel"),
        ("sys.exit(3)", "my hook ended with 3 ->"),
        ("os.kill(os.getpid(), 9)", "my hook ended with -9 ->"),
    ],
)
def test_one_that_fails_says_why(program: Program, then: str, said: str) -> None:
    with pytest.raises(DeploymentError) as raised:
        run_hook(program(then), Event.STARTED, SUCCEEDED)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_one_that_is_not_there_or_no_program_is_told(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("nothing")
    for name, said in {"text": "Permission denied", "nowhere": "No such file"}.items():
        with pytest.raises(DeploymentError, match=f"cannot be started: {said}"):
            run_hook(str(tmp_path / name), Event.STARTED, SUCCEEDED)


@pytest.fixture
def _command(ledger: Ledger, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PLATFORM_POSTGRES_URL", url)
    monkeypatch.setenv("DATA_PLATFORM_STATE", str(tmp_path))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)


@pytest.mark.usefixtures("_command")
def test_a_later_command_pages_for_what_needs_a_person_and_until_somebody_heard_it(
    ledger: Ledger,
    program: Program,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed, abandoned = ledger.begin(ASKED), ledger.begin(ASKED, Phase.CODE)
    ledger.end(failed, None, Outcome.ROLLBACK_FAILED, "twice")
    with ledger.database.connect() as connection:
        connection.execute(text("UPDATE platform.deployment SET seen_at = seen_at - interval '61 s'"))
    assert run(["deploy", "history"]) == 0  # without a hook nobody was told

    monkeypatch.setenv(HOOK_VARIABLE, program("sys.exit('the pager is off')"))
    assert run(["deploy", "history"]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "the hook" in line]
    assert len(told) == 3
    assert f"deployment {abandoned}: the hook could not be told that it needs a person: " in told[-1]
    assert "the pager is off" in told[-1]

    program(NOTE)
    for _ in range(2):
        assert run(["deploy", "history"]) == 0
    assert "the hook" not in capsys.readouterr().err
    found = [(each["event"], each["deployment"]["deployment"], each["deployment"]["state"]) for each in heard(tmp_path)]
    assert found == [
        ("finished", failed, "rollback_failed"),
        ("needs_a_person", failed, "rollback_failed"),
        ("needs_a_person", abandoned, "abandoned"),
    ]


@pytest.mark.usefixtures("_command")
def test_one_that_hangs_is_not_waited_for_again_and_again(
    ledger: Ledger, program: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        ledger.end(ledger.begin(ASKED), None, Outcome.FAILED, "it does not load")
    monkeypatch.setenv(HOOK_VARIABLE, program("time.sleep(300)"))
    began = time.monotonic()
    assert run(["deploy", "history"]) == 0
    assert time.monotonic() - began < 2 * SECONDS
    told = [line for line in capsys.readouterr().err.splitlines() if "the hook" in line]
    assert len(told) == 1
    assert "did not end within 10 s" in told[0]


@pytest.mark.usefixtures("_command")
def test_the_watch_tells_what_a_dead_deployer_cannot_and_fails_while_nobody_hears_it(
    ledger: Ledger, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmless, abandoned = ledger.begin(ASKED, Phase.DRAINING), ledger.begin(ASKED, Phase.CODE)
    alive = ledger.begin(ASKED, Phase.CODE)
    with ledger.database.connect() as connection:
        silent = text("UPDATE platform.deployment SET seen_at = seen_at - interval '61 s' WHERE id <> :alive")
        connection.execute(silent, {"alive": alive})
    monkeypatch.setenv("DAGSTER_HOME", str(current_environment().dagster_home))
    monkeypatch.setenv(HOOK_VARIABLE, program("sys.exit('the pager is off')"))
    with dg.DagsterInstance.get() as instance, dg.build_sensor_context(instance) as context:
        with pytest.raises(DeploymentError, match="the pager is off"):
            deployments_watch(context)
        program(NOTE)
        for _ in range(2):
            said = deployments_watch(context)
    assert said == dg.SkipReason(f"deployments {abandoned} need a person: `dp deploy status`")
    assert [(each["event"], each["deployment"]["deployment"]) for each in heard(tmp_path)] == [
        ("finished", harmless),
        ("needs_a_person", abandoned),
    ]
