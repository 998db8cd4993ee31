"""Reading the ledger of deployments."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.engine import Connection

from data_platform.deployments import rows
from data_platform.deployments.deployment import Deployment
from data_platform.deployments.errors import DeploymentError
from data_platform.gate import Holds
from data_platform.instance.connections import Database

T = TypeVar("T")


class LedgerReader:
    """The deployments of one platform.

    Every method raises InstanceError if the database does not answer within its patience.

    Args:
        database: where Dagster's tables are, too.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def get(self, number: int) -> Deployment:
        """A deployment with its phases.

        Raises:
            DeploymentError: there is none of this number.
        """
        found = self.together(lambda connection: rows.select(connection, "id = :id", id=number))
        if not found:
            raise DeploymentError(
                f"there is no deployment {number}", fix="see `dp deploy history`", anchor="deployments"
            )
        return found[0]

    def history(self, limit: int = 20) -> list[Deployment]:
        """The latest deployments, newest first."""
        return self.together(lambda connection: rows.select(connection, "true", limit=limit))

    def unsettled(self) -> list[Deployment]:
        """Deployments that go on, were abandoned, or whose rollback failed and whose hold is still there."""
        held = "EXISTS (SELECT FROM platform.hold h WHERE h.deployment = CAST(d.id AS text) AND h.phase = 'applying')"
        condition = f"outcome IS NULL OR (outcome = 'rollback_failed' AND {held})"
        return self.together(lambda connection: rows.select(connection, condition))

    def versions_needed(self, unit: str) -> set[str]:
        """The versions of a unit that deployments which have not ended bring, or would go back to."""
        asked = [each.asked for each in self.unsettled()]
        return {found for each in asked for found in (each.before.get(unit), each.after.get(unit)) if found}

    def deployed(self) -> dict[str, str]:
        """The version by unit that was deployed last."""
        statement = (
            "SELECT DISTINCT ON (key) key, value FROM platform.deployment, jsonb_each_text(after)"
            " WHERE outcome = 'succeeded' ORDER BY key, id DESC"
        )
        return self.together(lambda connection: {row.key: row.value for row in connection.execute(text(statement))})

    def together(self, work: Callable[[Connection], T]) -> T:
        """Do something in a transaction: all of it, or nothing.

        Raises:
            GateError: the database refuses it.
        """
        return Holds(self.database).together(work)
