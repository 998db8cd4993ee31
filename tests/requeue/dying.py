"""`python -m tests.requeue.dying WORKSPACE HOLD`: is killed when it has half replaced a waiting run."""

import os
import signal
import sys
from pathlib import Path

from dagster import DagsterInstance

from data_platform.gate.instance import holds_of
from data_platform.requeue.after_deployment import sort_out
from data_platform.requeue.replacing import Replacing
from tests.gate.conftest import HOME


def die(*arguments: object) -> None:
    print("the new run is in the queue", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Replacing._cancel = die  # type: ignore[method-assign,assignment]  # the process dies there
    with DagsterInstance.from_config(str(HOME)) as instance:
        hold = holds_of(instance).get(int(sys.argv[2]))
        sort_out(instance, [hold], Path(sys.argv[1]), 7, print)
