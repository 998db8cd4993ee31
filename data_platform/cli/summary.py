"""The progress and the summary of a build, for `dp unit build` and `dp up`."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from data_platform.cli.output import print_rows
from data_platform.units.build import BuildResult, totals

Show = Callable[[Sequence[BuildResult]], None]


@contextmanager
def progress_line(quiet: bool = False) -> Iterator[Show]:
    """A line that says what is being built; on a terminal it is redrawn, elsewhere printed when a unit ends."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("building …") as status:
            yield lambda results: status.update("  ".join(_short(result) for result in results))
    else:
        told: set[str] = set()

        def tell(results: Sequence[BuildResult]) -> None:
            for result in results:
                if result.ended and result.run_id not in told:
                    told.add(result.run_id)
                    print(_short(result), file=sys.stderr, flush=True)

        yield tell


def print_summary(results: Sequence[BuildResult], seconds: float, *, as_json: bool) -> int:
    """Print what was built; returns the exit code."""
    total = totals(results, seconds)
    if as_json:
        print(json.dumps({"units": [result.as_row() for result in results], "total": total}, indent=2))
    else:
        hidden = {"run_id", "cause"}
        rows = [*(result.as_row() for result in results), total]
        names = {"checks_passed": "passed", "checks_warned": "warned", "checks_failed": "failed"}
        print_rows([{names.get(k, k): row[k] for k in row if k not in hidden} for row in rows], as_json=False)
        for result in results:
            if result.cause:
                print(f"dp: {result.unit}: {result.cause}", file=sys.stderr)
    return 0 if total["status"] == "success" else 1


def _short(result: BuildResult) -> str:
    checks = result.passed + result.warned + result.failed
    return f"{result.unit}: {result.status} ({len(result.assets)} assets, {checks} checks)"
