"""One session with PostgreSQL: connecting, sending SQL text, and errors in one line."""

from __future__ import annotations

import select
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, new_type, register_type, string_types

from data_platform.schema.address import Address
from data_platform.schema.errors import DatabaseError, StatementError
from data_platform.schema.own_name import own_name
from data_platform.schema.postgres_errors import reason_of
from data_platform.schema.postgres_keepalive import CLIENT, SET_ON_SERVER

if TYPE_CHECKING:
    from data_platform.schema.statements import Statement
    from data_platform.schema.write_sql import Bound


class Session:
    """A connection; what it is sent is text, and transactions are begun and ended in that text."""

    def __init__(self, address: Address) -> None:
        try:
            self.connection = psycopg2.connect(
                address.url, application_name=own_name(), connect_timeout=10, client_encoding="utf8", **CLIENT
            )
        except (psycopg2.Error, UnicodeError) as error:
            raise DatabaseError(
                f"the database cannot be reached: {reason_of(error)}", where=address.shown, anchor="database-connection"
            ) from None
        self.where = address.shown
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()

    def guard(self) -> None:
        """Make it notice within seconds when the other side is gone, and never time out by itself."""
        try:
            self.query(SET_ON_SERVER)
        except DatabaseError:
            self.end_transaction()  # a server on a system that cannot check its clients: deploys work without it

    def query(self, sql: str, values: Sequence[object] | Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query; none for what gives no rows.

        Raises:
            DatabaseError: it failed.
        """
        try:
            self.cursor.execute(sql, values)
            return self.cursor.fetchall() if self.cursor.description else []
        except (psycopg2.Error, ValueError) as error:
            raise self.error(error) from error

    def columns(self) -> list[str]:
        """Names of the last query's columns."""
        return [column.name for column in self.cursor.description or ()]

    def query_as_printed(self, before: str, query: str) -> list[tuple[str | None, ...]]:
        """Rows of somebody's query with values as the server prints them; what `before` begins is rolled back.

        Raises:
            DatabaseError: it failed.
        """
        register_type(new_type(tuple(string_types), "AS_PRINTED", lambda value, cursor: value), self.cursor)
        try:
            self.query(before)
            return self.query(query)
        finally:
            self.end_transaction()
            self.cursor = self.connection.cursor()

    def as_text(self, bound: Bound) -> str:
        """A statement with its values in it."""
        try:
            text: bytes = self.cursor.mogrify(*bound)
            return text.decode()
        except (psycopg2.Error, ValueError) as error:  # a NUL, or half of a surrogate pair
            raise self.error(error) from error

    def send(self, before: str, statement: Statement | None, after: str) -> list[str]:
        """Send a statement and ours around it as one message.

        Returns:
            What the server remarked.

        Raises:
            StatementError: the statement failed, or what comes after it; a transaction that was begun is still open.
            DatabaseError: without a statement.
        """
        del self.connection.notices[:]
        text = statement.text if statement else ""
        try:
            # a comment at the statement's end must not take in what follows
            self.cursor.execute(f"{before}{text}\n;{after}" if after else f"{before}{text}")
            if self.connection.get_parameter_status("client_encoding") != "UTF8":
                self.cursor.execute("SET client_encoding TO 'UTF8'")  # psycopg2 does not follow a changeset's SET
        except (psycopg2.Error, ValueError) as error:
            if statement is None or self.connection.closed:
                raise self.error(error) from error
            place = getattr(getattr(error, "diag", None), "statement_position", None)
            position = int(place) - 1 - len(before) if place else None
            if position is not None and not 0 <= position < len(text):
                position = None
            raise StatementError(reason_of(error), statement, position) from error
        return [" ".join(notice.split()) for notice in self.connection.notices]

    def end_transaction(self) -> None:
        """Roll back what is open; nothing when the connection is lost."""
        if not self.connection.closed and self.connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
            try:
                self.cursor.execute("ROLLBACK")
            except psycopg2.Error:
                self.connection.close()

    def cancel(self) -> None:
        """End the statement that runs; may be called from another thread."""
        with suppress(psycopg2.Error):
            self.connection.cancel()

    def is_gone(self) -> bool:
        """Whether the server ended the session; tells without a round trip while nothing is being sent."""
        if self.connection.closed:
            return True
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        if not poll.poll(0):
            return False
        try:  # it said something: a notice, or good-bye
            self.cursor.execute("SELECT 1")
        except psycopg2.Error:
            return True
        return False

    def error(self, error: Exception) -> DatabaseError:
        """An error of psycopg2's, in one line."""
        lost = " (the connection is lost)" if self.connection.closed else ""
        return DatabaseError(f"{reason_of(error)}{lost}", where=self.where, anchor="database-refused")

    def close(self) -> None:
        """End the session."""
        self.connection.close()
