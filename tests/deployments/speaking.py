"""A running platform of a checkout of its own, with a job in fleet that says which version it is of."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.end_to_end.live import Live, until

CODE = """
import os, time
import dagster as dg

WORD = "old"


@dg.op(config_schema={"say": str, "until": dg.Field(str, default_value="")})
def speak(context: dg.OpExecutionContext) -> None:
    until = context.op_config["until"]
    while until and not os.path.exists(until):
        time.sleep(0.1)
    with open(context.op_config["say"], "a") as file:
        file.write(f"{context.run_id} {WORD}\\n")


@dg.job(executor_def=dg.in_process_executor)
def speaking() -> None:
    speak()


@dg.op
def breathe() -> None:
    if WORD == "bad":
        raise dg.Failure("it smokes")


@dg.job(executor_def=dg.in_process_executor)
def smoking() -> None:
    breathe()
"""


def with_job(name: str) -> str:
    """The code with one job more, of the same step as `smoking`."""
    return f"{CODE}\n\n@dg.job(executor_def=dg.in_process_executor)\ndef {name}() -> None:\n    breathe()\n"


class Platform:
    """The platform, with a job in fleet that says which version it is of."""

    def __init__(self, live: Live, folder: Path) -> None:
        self.live, self.said_file = live, folder / "said"
        self.code = live.root / "code_locations/fleet/defs/speaking.py"

    def write(self, word: str, code: str = CODE) -> None:
        self.code.write_text(code.replace('WORD = "old"', f"WORD = {word!r}"))

    def speak(self, until_file: Path | None = None) -> str:
        config = {"say": str(self.said_file), "until": str(until_file or "")}
        return self.live.submit("fleet", "speaking", {"ops": {"speak": {"config": config}}})

    def gone(self, run: str) -> list[str]:
        """Wait until a run was cancelled, since its job is gone; what its events say."""
        ended = self.live.ended(run)
        assert ended["status"] == "CANCELED", ended
        return [event["message"] for event in ended["events"] if event.get("message")]

    def word(self) -> str:
        """What a run says now."""
        run = self.speak()
        assert self.live.ended(run)["status"] == "SUCCESS"
        return self.said()[run]

    def served(self) -> str:
        rows = self.live.told("deploy", "status")["units"]
        return str(next(row["served"] for row in rows if row["unit"] == "fleet"))

    def changelog(self, name: str, changesets: str) -> None:
        folder = self.live.root / "code_locations/fleet/schema"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"--liquibase formatted sql\n\n{changesets}")

    def said(self) -> dict[str, str]:
        lines = self.said_file.read_text().splitlines() if self.said_file.exists() else []
        return dict(line.split() for line in lines)

    def status_of(self, run: str) -> str:
        return str(self.live.run(run)["status"])

    def heard(self, number: int) -> list[tuple[str, str]]:
        """Events of a deployment that the hook has heard, with the deployment's state at that time."""
        return [
            (each["event"], each["deployment"]["state"])
            for each in self._documents()
            if each["deployment"]["deployment"] == number
        ]

    def numbers_heard(self) -> set[int]:
        """Deployments that the hook has heard of."""
        return {each["deployment"]["deployment"] for each in self._documents()}

    def _documents(self) -> list[dict[str, Any]]:
        file = self.said_file.with_name("heard")
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a deployment, and wait until it drains."""
        deploying = self.live.begin("deploy", *arguments)
        until(lambda: (self.holds() and self.latest()["phase"] == "draining") or deploying.poll() is not None)
        assert deploying.poll() is None, deploying.communicate()
        return deploying

    def reads(self, deploying: "subprocess.Popen[str]", phase: str) -> None:
        """Read what a deployment says until it enters a phase."""
        assert deploying.stderr
        said = []
        for line in deploying.stderr:
            said.append(line)
            if line.endswith(f": {phase}\n"):
                return
        raise AssertionError("".join(said))

    def holds(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.live.told("hold", "list")
        return found

    def refused(self, *arguments: str) -> str:
        """A deployment that fails: what it says in its one line."""
        done = self.live.attempt("deploy", *arguments)
        assert done.returncode == 1, done
        assert "Traceback" not in done.stderr, done
        last = done.stderr.splitlines()[-1]
        assert last.startswith("dp: deployment "), done
        return last

    def latest(self) -> dict[str, Any]:
        number = self.live.told("deploy", "history", "--limit", "1")[0]["deployment"]
        found: dict[str, Any] = self.live.told("deploy", "show", str(number))
        return found
