"""What is remembered of changesets beside Liquibase's history: their exact text, and how far a broken one came.

It lies in a table of its own, in a schema of its own: `platform.schema_changesets`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from data_platform.schema.changeset import Identity
from data_platform.schema.plan import Plan
from data_platform.schema.step import State, Step

if TYPE_CHECKING:
    from data_platform.schema.statements import Statement

SCHEMA = "platform"
TABLE = "schema_changesets"


class Progress(NamedTuple):
    """How far a changeset came that is not one transaction.

    Args:
        done: statements that finished.
        total: statements it had.
        done_hash: of the statements that finished, see `prefix_hashes`.
        error: what the database said of the next one; None when the deploy was killed, or still runs.
    """

    done: int
    total: int
    done_hash: str
    error: str | None = None


class Note(NamedTuple):
    """A row of the side table.

    Args:
        content_hash: of the text that ran; None when it did not finish yet.
        progress: None when it finished.
    """

    identity: Identity
    content_hash: str | None = None
    progress: Progress | None = None


def prefix_hashes(statements: "Sequence[Statement]") -> list[str]:
    """SHA-256 in hexadecimal of the first 0, 1, 2, … of the statements' texts."""
    sum_ = hashlib.sha256()
    hashes = [sum_.hexdigest()]
    for statement in statements:
        sum_.update(statement.text.encode("utf-8", "surrogatepass") + b"\0")
        hashes.append(sum_.hexdigest())
    return hashes


def edited_in_blanks(plan: Plan, notes: Mapping[Identity, Note]) -> list[Step]:
    """Deployed changesets whose checksum is what it was, while their exact text is not."""
    return [
        step
        for step in plan.steps
        if step.state is State.DEPLOYED
        and (note := notes.get(step.changeset.identity))
        and note.content_hash not in (None, step.changeset.content_hash)
        and step.ran
        and step.ran.checksum == step.changeset.checksum
    ]
