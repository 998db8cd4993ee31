"""What is made sure of before a deploy writes anything: the plan, the statements, what can be recorded."""

import re

from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changelog, Changeset
from data_platform.schema.database import Database
from data_platform.schema.errors import ValidationError
from data_platform.schema.expressions import Selection
from data_platform.schema.history import History
from data_platform.schema.plan import Plan, make_plan, refuse_edits
from data_platform.schema.resume import rolls_back
from data_platform.schema.statements import Statement, split
from data_platform.schema.step import Step

_UNRECORDABLE = re.compile("[\0\ud800-\udfff]")


class Prepared:
    """The statements of changesets for one kind of database; each is split once."""

    def __init__(self, dbms: str) -> None:
        self.dbms = dbms
        self._known: dict[int, tuple[Changeset, list[Statement]]] = {}

    def of(self, changeset: Changeset) -> list[Statement]:
        """See `statements_of`."""
        known = self._known.get(id(changeset))
        if known is None:
            known = self._known[id(changeset)] = changeset, statements_of(changeset, self.dbms)
        return known[1]


def checked_plan(
    database: Database,
    history: History,
    changelog: Changelog,
    selection: Selection,
    prepared: Prepared | None = None,
) -> Plan:
    """The plan, once it is sure that nothing of it is known to fail. Touches nothing.

    Args:
        prepared: takes in the statements of what is to run.

    Raises:
        ChangelogError, ValidationError: see `deploy.deploy`.
    """
    prepared = prepared or Prepared(database.dbms)
    plan = make_plan(changelog, history, selection)
    refuse_edits(plan)
    for step in plan.to_run:
        refuse_unrecordable(step)
        prepared.of(step.changeset)
        rolls_back(step.changeset)
    return plan


def refuse_unrecordable(step: Step) -> None:
    """Raise when a changeset's row does not fit its table.

    Raises:
        ValidationError: with its place.
    """
    changeset = step.changeset
    identity = changeset.identity
    texts = {"id": identity.id, "author": identity.author, "file": identity.file}
    texts |= {"context": changeset.contexts or "", "labels": ",".join(changeset.labels)}
    for name, text in texts.items():
        if len(text) > 255 or _UNRECORDABLE.search(text):
            why = f"it has {len(text)} characters, 255 fit" if len(text) > 255 else "a character in it cannot be stored"
            raise ValidationError(
                f"the {name} of changeset {identity.id[:40]!r} cannot be recorded: {why}",
                where=changeset.source,
                line=changeset.line,
                anchor="changelogs",
            )


def statements_of(changeset: Changeset, dbms: str) -> list[Statement]:
    """What a changeset sends to a database of this kind.

    Raises:
        ChangelogError: its SQL cannot be split.
    """
    meant = Selection(dbms=dbms)
    return [
        statement
        for change in changeset.changes
        if isinstance(change, Sql) and meant.takes_dbms(change.dbms)
        for statement in split(change, changeset.source, dbms)
    ]
