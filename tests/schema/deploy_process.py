"""A deploy in a process of its own, for tests that run two at once or kill one: `python -m … URL FOLDER WAIT`."""

import subprocess
import sys
from pathlib import Path

from data_platform.errors import DataPlatformError
from data_platform.schema.changelog import load_changelog
from data_platform.schema.database import connect
from data_platform.schema.deploy import Options, deploy
from data_platform.schema.expressions import Selection

ROOT = Path(__file__).parents[2]


def started(url: str, folder: Path, *, wait_seconds: float = 60.0) -> subprocess.Popen[str]:
    """Start a deploy of `<folder>/v.sql`; each of its events is a line of its output."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.schema.deploy_process", url, str(folder), str(wait_seconds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def main(url: str, folder: str, wait_seconds: str) -> int:
    """Deploy; 0 when that worked."""
    selection = Selection(dbms=url.partition(":")[0])
    try:
        changelog = load_changelog(Path(folder) / "v.sql", folders=[Path(folder)], selection=selection)
        options = Options(float(wait_seconds), lambda event: print(event.kind, event, flush=True))
        outcome = deploy(connect(url), changelog, selection, options)
    except DataPlatformError as error:
        print(error, flush=True)
        return 1
    print(f"ran {len(outcome.ran)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
