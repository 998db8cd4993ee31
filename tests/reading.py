"""`dp` in the tests' own process, for what they ask again and again: starting a process takes longer than answering."""

import io
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout

from data_platform.cli.main import run

_turn = threading.Lock()


def read_by_dp(variables: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Exit code and output of a `dp` command that changes nothing, run with the platform's variables of a process."""
    said = io.StringIO()
    with _turn, _variables(variables), redirect_stdout(said):
        code = run(list(arguments))
    return code, said.getvalue()


@contextmanager
def _variables(wanted: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    _set(wanted)
    try:
        yield
    finally:
        _set(before)  # a command may set some, too


def _set(wanted: Mapping[str, str]) -> None:
    """Only the platform's and Dagster's; one by one, so that others are never missing for another thread."""
    for name in {*os.environ, *wanted}:
        if name.startswith(("DATA_PLATFORM_", "DAGSTER_")):
            if name in wanted:
                os.environ[name] = wanted[name]
            else:
                os.environ.pop(name, None)
