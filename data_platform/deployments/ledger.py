"""The ledger: what was deployed, by whom, and what became of it. Every time in it is of the database's clock."""

# ruff: noqa: S608 - only constants of the program are put together; values are bound

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.engine import Connection

from data_platform.deployments import rows
from data_platform.deployments.deployment import SILENCE, Asked, Deployment
from data_platform.deployments.errors import DeploymentError, DeploymentLostError
from data_platform.deployments.phases import HARMLESS, Outcome, Phase
from data_platform.gate import ensure_tables
from data_platform.instance.connections import Database

T = TypeVar("T")

# who does not hold what the row names, or comes after its end, changes nothing
_MINE = "id = :id AND outcome IS NULL AND token IS NOT DISTINCT FROM :token"

# who died after its last hold was released had done everything else; the phase before tells what that was
_END_RELEASED = """
    UPDATE platform.deployment d SET
        ended_at = clock_timestamp(),
        outcome = CASE last.phase WHEN 'verifying' THEN 'succeeded' WHEN 'rolling_back' THEN 'failed_and_rolled_back'
            ELSE 'failed' END,
        phase = CASE last.phase WHEN 'verifying' THEN 'done' ELSE d.phase END,
        cause = CASE last.phase WHEN 'verifying' THEN NULL ELSE 'its deployer died when that was done' END
    FROM (SELECT DISTINCT ON (deployment) deployment, phase FROM platform.deployment_phase WHERE phase <> 'releasing'
          ORDER BY deployment, position DESC) last
    WHERE last.deployment = d.id AND d.outcome IS NULL AND d.phase = 'releasing'
        AND d.seen_at < clock_timestamp() - :silence AND NOT EXISTS (
            SELECT FROM platform.hold h WHERE h.deployment = CAST(d.id AS text)
            AND (h.phase = 'applying' OR (h.phase <> 'ended' AND h.expires_at > clock_timestamp())))
"""


class Ledger:
    """The deployments of one platform.

    Every method raises InstanceError if the database does not answer within its patience.

    Args:
        database: where Dagster's tables are, too.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def begin(self, asked: Asked, phase: Phase = Phase.VALIDATING) -> int:
        """Enter a deployment; returns its number."""
        lists = {name: list(getattr(asked, name)) for name in ("units", "smoke", "allow")}
        values = asdict(asked) | lists | {"phase": str(phase)}
        for name in ("submodules", "before", "after", "manifests"):
            values[name] = json.dumps(values[name])

        def work(connection: Connection) -> int:
            number: int = connection.execute(text(rows.INSERT), values).scalar_one()
            rows.enter_phase(connection, number, phase)
            return number

        return self._together(work)

    def move(self, number: int, phase: Phase, token: int | None) -> None:
        """Enter the next phase.

        Args:
            token: the greatest number of the deployment's holds; None before it has any.

        Raises:
            DeploymentLostError: it has ended, or is written to under another hold now.
        """

        def work(connection: Connection) -> None:
            self._update(connection, "phase = :phase, seen_at = clock_timestamp()", number, token, phase=str(phase))
            rows.enter_phase(connection, number, phase)

        self._together(work)

    def take(self, number: int, token: int, before: int | None = None) -> None:
        """Note the hold under which it is written to from now on.

        Args:
            before: the one until now.

        Raises:
            DeploymentLostError: somebody else has taken it.
        """

        def work(connection: Connection) -> None:
            taken = connection.execute(
                text("SELECT 1 FROM platform.deployment WHERE id = :id AND outcome IS NULL AND token = :token"),
                {"id": number, "token": token},
            )
            if not taken.first():  # else the connection was lost after the commit
                self._update(connection, "token = :new", number, before, new=token)

        self._together(work)

    def seen(self, number: int) -> None:
        """Show that the deployer lives."""
        statement = "UPDATE platform.deployment SET seen_at = clock_timestamp() WHERE id = :id AND outcome IS NULL"
        self._together(lambda connection: connection.execute(text(statement), {"id": number}))

    def note(self, number: int, token: int | None, *, changesets: Mapping[str, Sequence[str]]) -> None:
        """Note which changesets have run, by unit.

        Raises:
            DeploymentLostError: see `move`.
        """
        values = json.dumps({unit: list(each) for unit, each in changesets.items()})
        self._together(
            lambda c: self._update(c, "changesets = CAST(:changesets AS jsonb)", number, token, changesets=values)
        )

    def note_before(self, number: int, token: int, versions: Mapping[str, str]) -> None:
        """Note what is served by unit, now that nobody else may change it: what it would go back to.

        Raises:
            DeploymentLostError: see `move`.
        """
        values = json.dumps(dict(versions))
        self._together(lambda c: self._update(c, "before = CAST(:before AS jsonb)", number, token, before=values))

    def intend(self, number: int, token: int | None, intended: Mapping[str, Any]) -> None:
        """Note what is about to happen to the schemas of units, for whoever must settle it if this deployer dies.

        Raises:
            DeploymentLostError: see `move`.
        """
        values = json.dumps(intended)
        self._together(lambda c: self._update(c, "intended = CAST(:intended AS jsonb)", number, token, intended=values))

    def reopen(self, number: int, token: int, before: int | None) -> None:
        """Go on with a deployment whose deployer died while it changed something, or whose rollback failed.

        Args:
            token: the greatest number of the holds that were taken over.
            before: the one until now.

        Raises:
            DeploymentLostError: it has ended in another way, or somebody else goes on with it.
        """
        statement = (
            "UPDATE platform.deployment SET token = :token, outcome = NULL, cause = NULL, ended_at = NULL,"
            " seen_at = clock_timestamp()"
            " WHERE id = :id AND token IS NOT DISTINCT FROM :before AND COALESCE(outcome, :open) = :open"
        )
        values = {"id": number, "token": token, "before": before, "open": str(Outcome.ROLLBACK_FAILED)}

        def work(connection: Connection) -> None:
            if not connection.execute(text(statement), values).rowcount:
                raise _lost(number)

        self._together(work)

    def end(self, number: int, token: int | None, outcome: Outcome, cause: str | None = None) -> None:
        """End it; an end is not undone.

        Raises:
            DeploymentLostError: see `move`.
        """
        changed = "outcome = :outcome, cause = :cause, ended_at = clock_timestamp(), seen_at = clock_timestamp()"
        if outcome is Outcome.SUCCEEDED:
            changed += ", phase = 'done'"

        def work(connection: Connection) -> None:
            ended = connection.execute(
                text(
                    "SELECT 1 FROM platform.deployment WHERE id = :id AND token IS NOT DISTINCT FROM :token"
                    " AND outcome = :outcome AND cause IS NOT DISTINCT FROM :cause"
                ),
                {"id": number, "token": token, "outcome": str(outcome), "cause": cause},
            )
            if not ended.first():  # else the connection was lost after the commit
                self._update(connection, changed, number, token, outcome=str(outcome), cause=cause)

        self._together(work)

    def end_dead(self) -> None:
        """End deployments whose deployer died before anything was changed, or when only its own end was left to note.
        Others are left for a person to settle.
        """
        statement = (
            "UPDATE platform.deployment SET outcome = 'failed', ended_at = clock_timestamp(),"
            " cause = 'its deployer died while ' || phase || '; nothing was changed'"
            " WHERE outcome IS NULL AND phase = ANY(:harmless) AND seen_at < clock_timestamp() - :silence"
        )
        values = {"harmless": [str(phase) for phase in HARMLESS], "silence": SILENCE}

        def work(connection: Connection) -> None:
            connection.execute(text(statement), values)
            connection.execute(text(_END_RELEASED), {"silence": SILENCE})

        self._together(work)

    def get(self, number: int) -> Deployment:
        """A deployment with its phases.

        Raises:
            DeploymentError: there is none of this number.
        """
        found = self._together(lambda connection: rows.select(connection, "id = :id", id=number))
        if not found:
            raise DeploymentError(
                f"there is no deployment {number}", fix="see `dp deploy history`", anchor="deployments"
            )
        return found[0]

    def history(self, limit: int = 20) -> list[Deployment]:
        """The latest deployments, newest first."""
        return self._together(lambda connection: rows.select(connection, "true", limit=limit))

    def unsettled(self) -> list[Deployment]:
        """Deployments that go on, were abandoned, or whose rollback failed and whose hold is still there."""
        held = "EXISTS (SELECT FROM platform.hold h WHERE h.deployment = CAST(d.id AS text) AND h.phase = 'applying')"
        condition = f"outcome IS NULL OR (outcome = 'rollback_failed' AND {held})"
        return self._together(lambda connection: rows.select(connection, condition))

    def deployed(self) -> dict[str, str]:
        """The version by unit that was deployed last."""
        statement = (
            "SELECT DISTINCT ON (key) key, value FROM platform.deployment, jsonb_each_text(after)"
            " WHERE outcome = 'succeeded' ORDER BY key, id DESC"
        )
        return self._together(lambda connection: {row.key: row.value for row in connection.execute(text(statement))})

    def _update(self, connection: Connection, changed: str, number: int, token: int | None, **values: Any) -> None:
        done = connection.execute(
            text(f"UPDATE platform.deployment SET {changed} WHERE {_MINE}"),
            {"id": number, "token": token, **values},
        )
        if not done.rowcount:
            raise _lost(number)

    def _together(self, work: Callable[[Connection], T]) -> T:
        def attempt() -> T:
            ensure_tables(self.database)
            with self.database.transaction() as connection:
                return work(connection)

        return self.database.patiently(attempt)


def _lost(number: int) -> DeploymentLostError:
    return DeploymentLostError(
        f"deployment {number} has ended, or somebody else goes on with it",
        fix=f"see `dp deploy show {number}`",
        anchor="deployments",
    )
