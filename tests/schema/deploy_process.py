"""A deploy in a process of its own, for tests that run two at once or kill one."""

import subprocess
import sys
from pathlib import Path

from data_platform.errors import DataPlatformError
from data_platform.schema.changelog import load_changelog
from data_platform.schema.connecting import connect
from data_platform.schema.deploy import Options, deploy
from data_platform.schema.expressions import Selection
from tests.schema.killed_process import Points, started_module

# what talks to a database: a deploy can be killed right before and right after each call
_TALKS = {"send", "query", "run", "commit", "end_transaction", "rollback"}


def started(url: str, folder: Path, *, wait_seconds: float = 60.0, kill_at: int = 0) -> subprocess.Popen[str]:
    """Start a deploy of `<folder>/v.sql`; each of its events is a line of its output.

    Args:
        kill_at: it kills itself (SIGKILL) at this point of its talk with the database, counted from 1; its last line
            says how many points there were when it gets to the end.
    """
    return started_module("deploy_process", url, folder, wait_seconds, kill_at)


def main(url: str, folder: str, wait_seconds: str, kill_at: str) -> int:
    """Deploy; 0 when that worked."""
    selection = Selection(dbms=url.partition(":")[0])
    points = Points(int(kill_at), _TALKS)
    try:
        changelog = load_changelog(Path(folder) / "v.sql", folders=[Path(folder)], selection=selection)
        options = Options(float(wait_seconds), lambda event: print(event.kind, event, flush=True))
        database = connect(url)
        sys.setprofile(points)
        outcome = deploy(database, changelog, selection, options)
        sys.setprofile(None)
    except DataPlatformError as error:
        print(error, flush=True)
        return 1
    print(f"ran {len(outcome.ran)}" + (f" past {points.met} points" if points.kill_at else ""), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
