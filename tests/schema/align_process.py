"""An alignment in a process of its own, for tests that run two at once or kill one."""

import subprocess
import sys
from pathlib import Path

from data_platform.errors import DataPlatformError
from data_platform.schema.align import Files, apply_alignment
from tests.schema.killed_process import Points, started_module


def started(url: str, folder: Path, *, kill_at: int = 0) -> subprocess.Popen[str]:
    """Start an alignment that allows everything; its last line says how many steps it applied, or what was wrong.

    Args:
        kill_at: it kills itself (SIGKILL) at this point of its talk with the database, counted from 1; its last line
            says how many points there were when it gets to the end.
    """
    return started_module("align_process", url, folder, kill_at)


def main(url: str, folder: str, kill_at: str) -> int:
    """Align; 0 when that worked."""
    points = Points(int(kill_at), {"query"})
    files = Files([Path(folder)], {"environment": "dev"})
    try:
        sys.setprofile(points)
        applied = apply_alignment(url, files, allow=["drop", "revoke"], tell=lambda line: print(line, flush=True))
    except DataPlatformError as error:
        print(error, flush=True)
        return error.exit_code
    finally:
        sys.setprofile(None)
    print(f"{len(applied.steps)} steps, {points.met} points", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
