"""The ledger: what was deployed, by whom, and what became of it. Every time in it is of the database's clock."""

# ruff: noqa: S608 - only constants of the program are put together; values are bound

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from data_platform.deployments import dead_deployers, rows
from data_platform.deployments.deployment import Asked
from data_platform.deployments.errors import DeploymentLostError
from data_platform.deployments.ledger_reading import LedgerReader
from data_platform.deployments.phases import Outcome, Phase
from data_platform.gate import Holds

# who does not hold what the row names, or comes after its end, changes nothing
_MINE = "id = :id AND outcome IS NULL AND token IS NOT DISTINCT FROM :token"


class Ledger(LedgerReader):
    """Writes what becomes of the deployments of one platform."""

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

        return self.together(work)

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

        self.together(work)

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

        self.together(work)

    def seen(self, number: int) -> None:
        """Show that the deployer lives."""
        statement = "UPDATE platform.deployment SET seen_at = clock_timestamp() WHERE id = :id AND outcome IS NULL"
        self.together(lambda connection: connection.execute(text(statement), {"id": number}))

    def note(self, number: int, token: int | None, *, changesets: Mapping[str, Sequence[str]]) -> None:
        """Note which changesets have run, by unit.

        Raises:
            DeploymentLostError: see `move`.
        """
        values = json.dumps({unit: list(each) for unit, each in changesets.items()})
        self.together(
            lambda c: self._update(c, "changesets = CAST(:changesets AS jsonb)", number, token, changesets=values)
        )

    def note_before(self, number: int, token: int, versions: Mapping[str, str]) -> None:
        """Note what is served by unit, now that nobody else may change it: what it would go back to.

        Raises:
            DeploymentLostError: see `move`.
        """
        values = json.dumps(dict(versions))
        self.together(lambda c: self._update(c, "before = CAST(:before AS jsonb)", number, token, before=values))

    def intend(self, number: int, token: int | None, intended: Mapping[str, Any]) -> None:
        """Note what is about to happen to the schemas of units, for whoever must settle it if this deployer dies.

        Raises:
            DeploymentLostError: see `move`.
        """
        values = json.dumps(intended)
        self.together(lambda c: self._update(c, "intended = CAST(:intended AS jsonb)", number, token, intended=values))

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

        self.together(work)

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

        self.together(work)

    def end_dead(self) -> None:
        """End deployments whose deployer died before anything was changed, or when only its own end was left to note,
        and release what they still hold. Others are left for a person to settle.
        """
        self.together(dead_deployers.end)
        if left := self.together(dead_deployers.held_in_vain):
            Holds(self.database).release_all(left)

    def _update(self, connection: Connection, changed: str, number: int, token: int | None, **values: Any) -> None:
        done = connection.execute(
            text(f"UPDATE platform.deployment SET {changed} WHERE {_MINE}"),
            {"id": number, "token": token, **values},
        )
        if not done.rowcount:
            raise _lost(number)


def _lost(number: int) -> DeploymentLostError:
    return DeploymentLostError(
        f"deployment {number} has ended, or somebody else goes on with it",
        fix=f"see `dp deploy show {number}`",
        anchor="deployments",
    )
