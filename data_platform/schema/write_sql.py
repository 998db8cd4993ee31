"""The SQL of writes to the history: the same for all databases but for names and the clock."""

# ruff: noqa: S608 - names are quoted by the database's own module, values bound

from collections.abc import Callable

from data_platform.schema.changeset import Identity
from data_platform.schema.names import Tables
from data_platform.schema.notes import Note
from data_platform.schema.writes import Delete, DropNote, Insert, PutNote, Row, SetChecksum, SetTag, Update, Write

Value = str | int | None
Bound = tuple[str, tuple[Value, ...]]  # a statement with %s for each of its values


_KEY = "ID = %s AND AUTHOR = %s AND FILENAME = %s"
_NOTE_KEY = "LEDGER = %s AND FILENAME = %s AND ID = %s AND AUTHOR = %s"


def sql_of(write: Write, tables: Tables) -> Bound:
    """The statement of a write, and its values."""
    changelog = tables.changelog
    match write:
        case Insert(row):
            return _insert(row, tables)
        case Update(identity, row):
            return _update(identity, row, tables)
        case Delete(identity):
            return f"DELETE FROM {changelog} WHERE {_KEY}", _key(identity)
        case SetChecksum(identity, checksum):
            return f"UPDATE {changelog} SET MD5SUM = %s WHERE {_KEY}", (checksum, *_key(identity))
        case SetTag(ran, tag):
            where = f"{_KEY} AND ORDEREXECUTED = %s"
            return f"UPDATE {changelog} SET TAG = %s WHERE {where}", (tag, *_key(ran.identity), ran.order)
        case PutNote() | DropNote():
            return _note(write, tables)


def _note(write: PutNote | DropNote, tables: Tables) -> Bound:
    match write:
        case PutNote(note, replaces):
            return _put(note, replaces, tables)
        case DropNote(identity):
            return f"DELETE FROM {tables.notes} WHERE {_NOTE_KEY}", _note_key(identity, tables)


def _insert(row: Row, tables: Tables) -> Bound:
    columns = "ID, AUTHOR, FILENAME, DATEEXECUTED, ORDEREXECUTED, MD5SUM, DESCRIPTION, COMMENTS, EXECTYPE, CONTEXTS"
    columns += ", LABELS, LIQUIBASE, DEPLOYMENT_ID"
    values = [*_key(row.identity), row.order, row.checksum, row.description, row.comments, row.exectype, row.contexts]
    values += [row.labels, row.liquibase, row.deployment_id]
    marks = f"%s, %s, %s, {tables.now}, " + ", ".join(["%s"] * (len(values) - 3))
    if row.tag is not None:
        columns, marks = columns + ", TAG", marks + ", %s"
        values.append(row.tag)
    return f"INSERT INTO {tables.changelog} ({columns}) VALUES ({marks})", tuple(values)


def _update(identity: Identity, row: Row, tables: Tables) -> Bound:
    columns = {"COMMENTS": row.comments, "CONTEXTS": row.contexts, "DEPLOYMENT_ID": row.deployment_id}
    columns |= {"DESCRIPTION": row.description, "EXECTYPE": row.exectype, "LABELS": row.labels}
    changes: dict[str, Value] = {**columns, "LIQUIBASE": row.liquibase, "MD5SUM": row.checksum}
    changes["ORDEREXECUTED"] = row.order
    if row.tag is not None:
        changes["TAG"] = row.tag
    settings = ", ".join(f"{name} = %s" for name in changes)
    return (
        f"UPDATE {tables.changelog} SET DATEEXECUTED = {tables.now}, {settings} WHERE {_KEY}",
        (*changes.values(), *_key(identity)),
    )


def _put(note: Note, replaces: bool, tables: Tables) -> Bound:
    progress = note.progress
    how_far: tuple[Value, ...] = (None,) * 4
    if progress is not None:
        how_far = (progress.done, progress.total, progress.done_hash, progress.error)
    values = (note.content_hash, *how_far)
    if replaces:
        return (
            f"UPDATE {tables.notes} SET CONTENT_HASH = %s, STATEMENTS_DONE = %s, STATEMENTS_TOTAL = %s, DONE_HASH = %s,"
            f" ERROR = %s, CHANGED_AT = {tables.now} WHERE {_NOTE_KEY}",
            (*values, *_note_key(note.identity, tables)),
        )
    return (
        f"INSERT INTO {tables.notes} (CONTENT_HASH, STATEMENTS_DONE, STATEMENTS_TOTAL, DONE_HASH, ERROR, LEDGER,"
        f" FILENAME, ID, AUTHOR, CHANGED_AT) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, {tables.now})",
        (*values, *_note_key(note.identity, tables)),
    )


def _key(identity: Identity) -> tuple[str, str, str]:
    return identity.id, identity.author, identity.file


def _note_key(identity: Identity, tables: Tables) -> tuple[str, str, str, str]:
    return tables.ledger, identity.file, identity.id, identity.author


def shown(bound: Bound, literal: Callable[[Value], str]) -> str:
    """The statement with its values in it, for a reader."""
    text, values = bound
    parts = text.split("%s")
    return "".join(part + literal(value) for part, value in zip(parts, values, strict=False)) + parts[-1]
