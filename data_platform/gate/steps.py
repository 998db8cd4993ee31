"""Holding the next step of a run in flight, where that can be done, instead of waiting for the run's end.

A run that is named in `platform.hold_step` asks before each of its steps, when it claims a slot of the step's pool, and
is told to wait as long as the hold lives. That it was told is what proves that it stands still: nothing is concluded
from slots or events. Its answer and every change of a hold exclude each other by locks on `platform.hold`: a step
either begins before a hold is `applying`, and then its run counts as moving, or it waits.
"""

from sqlalchemy import text
from sqlalchemy.engine import Connection

from data_platform.gate import rows, runs
from data_platform.gate.hold import Hold, Scope
from data_platform.instance.connections import Database

_TABLE = ("has_table", "platform.hold_step")
_OF_RUN = "SELECT hold FROM platform.hold_step WHERE run_id = :run"


def must_wait(database: Database, run_id: str) -> bool:
    """Whether a run must not begin its next step now; called by the run itself, and noted as its answer.

    Raises:
        InstanceError: the database does not answer.
    """
    with database.connect() as connection:
        if not _exists(database, connection):
            return False
        if connection.execute(text(f"{_OF_RUN} LIMIT 1"), {"run": run_id}).first() is None:
            return False

    def answer() -> bool:
        with database.transaction() as connection:
            connection.execute(text("LOCK TABLE platform.hold IN SHARE MODE"))
            now = rows.clock(connection)
            holds = rows.select(connection, f"id IN ({_OF_RUN})", run=run_id)
            live = [hold.id for hold in holds if hold.is_live(now)]
            connection.execute(
                text(
                    "UPDATE platform.hold_step SET stopped_at ="
                    " CASE WHEN hold = ANY(:live) THEN COALESCE(stopped_at, clock_timestamp()) END WHERE run_id = :run"
                ),
                {"run": run_id, "live": live},
            )
            return bool(live)

    return database.patiently(answer)


def ask_to_wait(connection: Connection, hold: int, run_id: str) -> bool:
    """Have the next step of a run wait for a hold; whether that was done. Safe to repeat.

    Not done is it for a run that has yet to go on after an earlier hold: one deployment after the other would keep it
    where it is.
    """
    statement = (
        "INSERT INTO platform.hold_step (hold, run_id) SELECT :hold, :run WHERE NOT EXISTS"
        " (SELECT FROM platform.hold_step WHERE run_id = :run AND hold <> :hold AND stopped_at IS NOT NULL)"
        " ON CONFLICT (hold, run_id) DO UPDATE SET run_id = EXCLUDED.run_id"
    )
    return bool(connection.execute(text(statement), {"hold": hold, "run": run_id}).rowcount)


def moving(connection: Connection, hold: Hold) -> list[str]:
    """Runs in the scope of a hold that are in flight and do not stand still because of it, oldest first."""
    still = set(stopped(connection, hold.id))
    return [run_id for run_id in runs.in_flight(connection, hold.scope) if run_id not in still]


def stopped(connection: Connection, hold: int) -> list[str]:
    """Runs that stand still between two steps because of a hold; some of them may have been ended meanwhile."""
    statement = "SELECT run_id FROM platform.hold_step WHERE hold = :hold AND stopped_at IS NOT NULL"
    return list(connection.execute(text(statement), {"hold": hold}).scalars())


def crossing(connection: Connection, scope: Scope) -> list[str]:
    """Runs in flight that a hold has, or had, stand still: they may have begun with an earlier version of the code."""
    flying = runs.in_flight(connection, scope)
    statement = "SELECT run_id FROM platform.hold_step WHERE run_id = ANY(:flying)"
    asked = set[str](connection.execute(text(statement), {"flying": flying}).scalars())
    return [run_id for run_id in flying if run_id in asked]


def follow(connection: Connection, old: int, new: int) -> None:
    """Have the runs that stand still because of one hold do so because of the one that replaces it."""
    connection.execute(text("UPDATE platform.hold_step SET hold = :new WHERE hold = :old"), {"old": old, "new": new})


def _exists(database: Database, connection: Connection) -> bool:
    """Whether there is the table; it was never made where the gate was never used."""
    if _TABLE not in database.known:
        if connection.execute(text("SELECT to_regclass('platform.hold_step') IS NULL")).scalar():
            return False
        database.known.add(_TABLE)
    return True
