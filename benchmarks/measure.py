"""What every benchmark shares: the machine, medians, and one line with a ratio and its target."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """A measured figure beside its peer or limit.

    Attributes:
        name: what was measured.
        ours: median of ours, in `unit`.
        peer: median of the peer's, or the limit, in `unit`.
        target: the largest ratio of ours to the peer's that is good enough.
        note: how it was measured.
    """

    name: str
    ours: float
    peer: float
    unit: str
    target: float
    note: str

    @property
    def ratio(self) -> float:
        """Ours divided by the peer's; smaller is better."""
        return self.ours / self.peer

    def __str__(self) -> str:
        verdict = "met" if self.ratio <= self.target else "MISSED"
        return (
            f"{self.name}: {self.ours:.2f} {self.unit} against {self.peer:.2f} {self.unit} = {self.ratio:.2f}x "
            f"(target {self.target:.2f}x: {verdict}); {self.note}"
        )


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def machine() -> str:
    """The machine in one line, with its load: a figure from a busy machine says little."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {platform.python_version()}, load {load:.1f}"
