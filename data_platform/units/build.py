"""Building units from the command line: in which order, and what came of it. Pure; no Dagster."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

_SENDER = re.compile(r"^\[\w+\] ")
_CLASS = re.compile(r"^(?P<module>(?:\w+\.)+)(?P<name>\w+): ")


@dataclass
class BuildResult:
    """What a unit's build has done so far, or did.

    Attributes:
        unit: name of the unit.
        run_id: Dagster's run.
        status: Dagster's run status in lower case: `queued`, `started`, `success`, `failure`, `canceled`…
        assets: materialized assets, by key; the value is the table's rows where known.
        passed, warned, failed: checks by verdict.
        seconds: wall time of the run, once it has ended.
        cause: the first failure's message, one line.
        hint: what Dagster said last of the run's process.
    """

    unit: str
    run_id: str = ""
    status: str = "queued"
    assets: dict[str, int] = field(default_factory=dict)
    passed: int = 0
    warned: int = 0
    failed: int = 0
    seconds: float = 0.0
    cause: str = ""
    hint: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the run ended well."""
        return self.status == "success"

    @property
    def ended(self) -> bool:
        """Whether the run has ended, however."""
        return self.status in {"success", "failure", "canceled"}

    def materialized(self, key: str, rows: int | None) -> None:
        """Count a materialization; the partitions of one asset count once, with the rows of its table."""
        self.assets[key] = rows or self.assets.get(key, 0)

    def checked(self, *, passed: bool, severity: str) -> None:
        """Count a check's verdict; `severity` is `warn` or `error`."""
        if passed:
            self.passed += 1
        elif severity.lower() == "warn":
            self.warned += 1
        else:
            self.failed += 1

    def broke(self, message: str) -> None:
        """Keep the first failure's message."""
        self.cause = self.cause or _readable(message)

    def as_row(self) -> dict[str, object]:
        """The result as a row of the summary."""
        return {
            "unit": self.unit,
            "status": self.status,
            "assets": len(self.assets),
            "rows": sum(self.assets.values()),
            "checks_passed": self.passed,
            "checks_warned": self.warned,
            "checks_failed": self.failed,
            "seconds": round(self.seconds, 1),
            "run_id": self.run_id,
            "cause": self.cause,
        }


def _readable(message: str) -> str:
    """A message in one line; errors that are written for people come without the name of their class."""
    line = _SENDER.sub("", " ".join(message.split()))
    found = _CLASS.match(line)
    if found is None:
        return line[:400]
    ours = found["module"].startswith("data_platform.") or found["name"] == "Failure"
    return (line[found.end() :] if ours else line[found.start("name") :])[:400]


def build_order(reads: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Units in waves: each reads only what earlier waves publish.

    Args:
        reads: unit -> units whose published data it reads; units that are not keys do not count.

    Returns:
        Every key once. Units that read each other come together, last: each then uses what the other published before.
    """
    waiting = {unit: set(others) & set(reads) - {unit} for unit, others in reads.items()}
    waves: list[list[str]] = []
    while waiting:
        ready = sorted(unit for unit, others in waiting.items() if not others)
        wave = ready or sorted(waiting)
        waves.append(wave)
        waiting = {unit: others - set(wave) for unit, others in waiting.items() if unit not in wave}
    return waves


def totals(results: Iterable[BuildResult], seconds: float) -> dict[str, object]:
    """The summary's last row."""
    rows = [result.as_row() for result in results]
    added = ("assets", "rows", "checks_passed", "checks_warned", "checks_failed")
    sums: dict[str, object] = {name: sum(int(str(row[name])) for row in rows) for name in added}
    failed = any(row["status"] != "success" for row in rows)
    status = "failure" if failed else "success"
    return {"unit": "all", "status": status, **sums, "seconds": round(seconds, 1), "run_id": "", "cause": ""}
