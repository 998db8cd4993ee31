"""`python -m benchmarks [NAME]...`: run the benchmarks and print one line with a ratio for each figure."""

import importlib
import sys

from benchmarks.measure import machine

NAMES = ("dbt_overhead", "startup", "memory", "new_unit", "schema", "gate")


def main() -> int:
    """Run the benchmarks; exit code 1 if a target was missed."""
    names = sys.argv[1:] or NAMES
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"there is no benchmark {unknown[0]!r}; known: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    print(machine())
    missed = False
    for name in names:
        for result in importlib.import_module(f"benchmarks.{name}").run():
            print(result, flush=True)
            missed = missed or result.ratio > result.target
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
