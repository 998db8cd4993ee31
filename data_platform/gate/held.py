"""Whose data cannot become fresher now. Whoever sends alerts on freshness asks this first."""

from collections.abc import Iterable

from sqlalchemy.engine import Connection

from data_platform.gate import rows, runs
from data_platform.gate.hold import Hold, Scope
from data_platform.gate.line import Queued
from data_platform.gate.reading import HoldReader


def held_scopes(holds: HoldReader) -> frozenset[Scope]:
    """Scopes in which data grows old because of a hold: those that are held, and those whose runs, which waited for a
    hold that has ended, have yet to start (for a minute after its end, at most).

    Dagster's daemon goes on to evaluate freshness, and its state is what people see: the data is as old as it is. Only
    the message is put off. It must not be dropped: the daemon tells of a change of state once, so ask again later,
    and send it if the data is stale still. A hold that was abandoned counts, too: it wakes a person by itself.

    Returns:
        Scopes; `any(scope.covers(unit) for scope in held_scopes(holds))` tells of one unit.
    """

    def read(connection: Connection) -> frozenset[Scope]:
        now = rows.clock(connection)
        live = (hold for hold in rows.select(connection, rows.NOT_ENDED) if hold.is_live(now))
        return _scopes(live, runs.left_waiting(connection))

    return holds.read(read)


def _scopes(live: Iterable[Hold], left: Iterable[Queued]) -> frozenset[Scope]:
    held = frozenset(hold.scope for hold in live)
    return held | frozenset(Scope(location) for queued in left for location in queued.runs)
