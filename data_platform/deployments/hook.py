"""A program of the operator's that is told what becomes of deployments: by mail, chat, pager. See docs/deploying.md."""

import json
import os
import signal
import subprocess
import tempfile

from data_platform.deployments.deployment import Deployment
from data_platform.deployments.errors import DeploymentError
from data_platform.deployments.telling import Event

HOOK_VARIABLE = "DATA_PLATFORM_DEPLOYMENT_HOOK"
FORMAT = 1  # a greater one is not compatible
SECONDS = 10.0


def document(event: Event, deployment: Deployment) -> str:
    """What the program reads: one JSON document, without secrets."""
    return json.dumps({"format": FORMAT, "event": str(event), "deployment": deployment.as_document()})


def run_hook(program: str, event: Event, deployment: Deployment, *, seconds: float = SECONDS) -> None:
    """Run the program, without a shell, with the document on standard input.

    Args:
        program: path, or name on PATH; it gets no arguments.
        seconds: how long it may take; then it is killed, with what it has started.

    Raises:
        DeploymentError: it cannot be started, takes too long, or does not exit with 0.
    """
    # files, not pipes: it may leave its input unread, or leave somebody behind who keeps its output open
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(document(event, deployment).encode())
        given.seek(0)
        try:
            started = subprocess.Popen(
                [program], stdin=given, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
            )
        except OSError as error:
            raise _failed(program, f"cannot be started: {error.strerror}") from None
        try:
            code = started.wait(seconds)
        except subprocess.TimeoutExpired:
            raise _failed(program, f"did not end within {seconds:.0f} s") from None
        finally:
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGKILL)
                started.wait()
        if code:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise _failed(program, f"ended with {code}" + (f": {lines[-1]}" if lines else ""))


def _failed(program: str, why: str) -> DeploymentError:
    return DeploymentError(f"the hook {program} {why}", fix=f"correct it, or {HOOK_VARIABLE}", anchor="deployments")
