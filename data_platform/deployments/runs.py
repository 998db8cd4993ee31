"""What run history tells about the runs that a deployment would wait for."""

# ruff: noqa: S608 - only constants of the program are put together; values are bound

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from data_platform.deployments.forecast import InFlight, runs_in_flight
from data_platform.gate import Holds, Scope

_PAST = 20  # runs of a job that are looked at

_UNIT = "(SELECT value FROM run_tags t WHERE t.run_id = r.run_id AND t.key = 'dagster/code_location' LIMIT 1)"
_ROWS = f"""
    SELECT run_id, COALESCE({_UNIT}, '') AS unit, pipeline_name AS job, status,
        extract(epoch FROM clock_timestamp())::float - start_time AS seconds
    FROM runs r WHERE run_id = ANY(:ids) ORDER BY id
"""
_DURATIONS = f"""
    SELECT end_time - start_time AS seconds FROM runs r
    WHERE pipeline_name = :job AND status = 'SUCCESS' AND end_time > start_time AND {_UNIT} = :unit
    ORDER BY id DESC LIMIT :limit
"""


def in_flight(holds: Holds, scopes: Iterable[str]) -> tuple[InFlight, ...]:
    """The runs in some scopes that are being started, execute, or are being stopped."""
    ids = [run for scope in scopes for run in holds.in_flight(Scope(scope))]

    def read(connection: Any) -> tuple[InFlight, ...]:
        rows = [dict(row._mapping) for row in connection.execute(text(_ROWS), {"ids": ids})]
        past = defaultdict[tuple[str, str], list[float]](list)
        for unit, job in {(row["unit"], row["job"]) for row in rows}:
            values = {"unit": unit, "job": job, "limit": _PAST}
            past[unit, job].extend(connection.execute(text(_DURATIONS), values).scalars())
        return runs_in_flight(rows, past)

    return holds.read(read)


def waiting(holds: Holds, scopes: Iterable[str]) -> tuple[str, ...]:
    """The runs in some scopes that are in the queue."""
    return tuple(run for scope in scopes for run in holds.waiting(Scope(scope)))
