"""How much memory processes take."""

from collections.abc import Iterable

import psutil


def memory_of(pids: Iterable[int], *, children: bool = True) -> int:
    """Memory of processes and, unless `children` is false, everything they started; in bytes.

    Memory that several processes share is divided among them (proportional set size), so that sums are true; where
    the system does not know that size, the resident size is taken.
    """
    found: dict[int, psutil.Process] = {}
    for pid in pids:
        try:
            process = psutil.Process(pid)
            started = process.children(recursive=True) if children else []
            found |= {each.pid: each for each in (process, *started)}
        except psutil.Error:
            continue
    return sum(_size(process) for process in found.values())


def _size(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", None) or full.rss)
    except psutil.Error:
        return 0
