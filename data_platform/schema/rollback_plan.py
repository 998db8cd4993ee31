"""Decides what a rollback undoes, newest first. Pure; nothing is touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from data_platform.errors import UsageError
from data_platform.schema.changes import Change, Sql, TagDatabase
from data_platform.schema.changeset import Changelog, Changeset, Identity
from data_platform.schema.errors import SchemaError
from data_platform.schema.history import History, Ran


@dataclass(frozen=True, slots=True)
class Until:
    """How far back to go: exactly one of these.

    Args:
        count: that many changesets.
        tag: to the changeset that bears the tag, which stays unless it is one that sets tags.
        date: to what had been executed then, by the database's clock and without a time zone.
    """

    count: int | None = None
    tag: str | None = None
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """One changeset taken back: `changes` are run, and its row is deleted."""

    ran: Ran
    changeset: Changeset
    changes: tuple[Sql, ...]


def plan_rollback(changelog: Changelog, history: History, until: Until) -> list[Undo]:
    """What has to be undone, newest first.

    Raises:
        SchemaError: the tag is unknown, or a changeset cannot be undone. Then nothing is.
    """
    changesets = {row.identity: changeset for changeset in changelog.changesets if (row := history.of(changeset))}
    by_identity = {changeset.identity: changeset for changeset in changelog.changesets}
    undone = []
    for ran in _to_undo(history, until, changesets):
        changeset = changesets.get(ran.identity)
        if changeset is None:
            raise SchemaError(
                f"{ran.identity} ran here but is not in the changelog, so how to undo it is unknown",
                fix="roll back with the changelog that has it",
                anchor="rollback",
            )
        undone.append(Undo(ran, changeset, _changes(ran, changeset, by_identity)))
    return undone


def _to_undo(history: History, until: Until, changesets: Mapping[Identity, Changeset]) -> list[Ran]:
    newest_first = sorted(history.rows, key=lambda row: row.order, reverse=True)
    if until.count is not None:
        return newest_first[: until.count]
    if until.date is not None:
        return [row for row in newest_first if row.executed_at > until.date]
    tagged = next((row for row in newest_first if row.tag == until.tag), None)
    if tagged is None:
        known = ", ".join(row.tag for row in newest_first if row.tag) or "none"
        raise SchemaError(f"no changeset here bears the tag {until.tag!r}; known: {known}", anchor="rollback")
    own = changesets.get(tagged.identity)
    # a changeset that does nothing but set the tag goes with what comes after it, as in Liquibase
    sets_it = own is not None and any(
        isinstance(change, TagDatabase) and change.tag == until.tag and not change.stays for change in own.changes
    )
    return newest_first[: newest_first.index(tagged) + sets_it]


def _changes(ran: Ran, changeset: Changeset, known: dict[Identity, Changeset]) -> tuple[Sql, ...]:
    if ran.exectype == "MARK_RAN":  # it was only marked: there is nothing to undo
        return ()
    rollback = changeset.rollback
    if rollback is None:
        if _undoes_itself(changeset.changes):
            return ()
        raise SchemaError(
            f"{changeset.identity} has no rollback, so nothing was rolled back",
            where=changeset.source,
            line=changeset.line,
            fix="add '--rollback SQL', or '--rollback empty' if there is nothing to undo",
            anchor="rollback",
        )
    if rollback.reference is None:
        return rollback.changes
    other = known[rollback.reference]
    return tuple(change for change in other.changes if isinstance(change, Sql))


def _undoes_itself(changes: Sequence[Change]) -> bool:
    """Tags and empty changes go with their row."""
    return not any(isinstance(change, Sql) for change in changes)


def read_until(count: int | None, tag: str | None, date: str | None) -> Until:
    """How far back to go, from a command's options.

    Raises:
        UsageError: not exactly one is given, or the date cannot be read.
    """
    if sum(each is not None for each in (count, tag, date)) != 1:
        raise UsageError("it is not said how far to roll back", fix="give one of --count, --tag and --date")
    try:
        return Until(count, tag, datetime.fromisoformat(date) if date else None)
    except ValueError:
        raise UsageError(f"--date {date!r} is no date", fix="write YYYY-MM-DD, or 'YYYY-MM-DD HH:MM:SS'") from None
