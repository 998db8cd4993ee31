"""One session with Snowflake. The connector is imported when somebody connects."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from data_platform.errors import UsageError
from data_platform.schema.address import Address
from data_platform.schema.errors import DatabaseError, StatementError
from data_platform.schema.own_name import own_name
from data_platform.schema.statements import Statement

_PLACE = re.compile(r"line (\d+) at position (\d+)")
_CODE = re.compile(r"^\d{6} \(\w{5}\): (?:[\w-]{36}: )?")  # number, state and query id before the message
_NOT_THERE = 2003


class NotThereError(DatabaseError):
    """A table does not exist, or may not be seen: Snowflake does not tell which."""


class SnowflakeSession:
    """A connection, each statement committed by itself unless a transaction was begun."""

    def __init__(self, address: Address, connection: Any = None) -> None:
        self.where = address.shown
        self.cursor = (connection or _connect(address)).cursor()

    def query(self, sql: str, values: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query; `%s` stands for each value.

        Raises:
            NotThereError: it names a table that is not there.
            DatabaseError: it failed.
        """
        try:
            self.cursor.execute(sql, values)
            return list(self.cursor.fetchall()) if self.cursor.description else []
        except Exception as error:  # the connector lets errors of the network and of tokens through
            kind = NotThereError if getattr(error, "errno", None) == _NOT_THERE else DatabaseError
            raise kind(_reason(error), where=self.where, anchor="database-refused") from error

    def change(self, sql: str, values: Sequence[object] | None = None) -> int:
        """The number of rows that a statement changed.

        Raises:
            DatabaseError: it failed.
        """
        self.query(sql, values)
        return int(self.cursor.rowcount or 0)

    def columns(self) -> list[str]:
        """Names of the last query's columns."""
        return [column[0] for column in self.cursor.description or ()]

    def run(self, statement: Statement) -> None:
        """Run a statement.

        Raises:
            StatementError: it failed.
        """
        try:
            self.cursor.execute(statement.text)
        except Exception as error:  # the connector lets errors of the network and of tokens through
            raise StatementError(_reason(error), statement, _position(str(error), statement.text)) from error

    def close(self) -> None:
        """End the session."""
        self.cursor.connection.close()


def credentials(variables: Mapping[str, str]) -> dict[str, str]:
    """What proves who we are, from the environment.

    Raises:
        UsageError: there is neither a password nor a key.
    """
    if key := variables.get("SNOWFLAKE_PRIVATE_KEY_PATH"):
        passphrase = variables.get("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE")
        return {"private_key_file": key} | ({"private_key_file_pwd": passphrase} if passphrase else {})
    if password := variables.get("SNOWFLAKE_PASSWORD"):
        return {"password": password}
    raise UsageError(
        "there is no password or key for Snowflake",
        fix="set SNOWFLAKE_PRIVATE_KEY_PATH (and SNOWFLAKE_PRIVATE_KEY_PASSPHRASE) or SNOWFLAKE_PASSWORD",
        anchor="database-urls",
    )


def _connect(address: Address) -> Any:
    proof = credentials(os.environ)
    try:
        import snowflake.connector
    except ModuleNotFoundError:
        raise UsageError(
            "the Snowflake connector is not installed", fix="install data-platform[snowflake]", anchor="database-urls"
        ) from None
    database, _, schema = address.path.partition("/")
    names = {"database": database, "schema": schema, **address.options}
    try:
        return snowflake.connector.connect(
            user=address.user,
            account=address.host,
            autocommit=True,
            login_timeout=30,
            session_parameters={"QUERY_TAG": own_name()},
            **{name: value for name, value in names.items() if value},
            **proof,
        )
    except Exception as error:  # the connector lets errors of the network and of tokens through
        raise DatabaseError(
            f"the database cannot be reached: {_reason(error)}", where=address.shown, anchor="database-connection"
        ) from None


def _reason(error: Exception) -> str:
    message = str(getattr(error, "msg", None) or error).strip()
    return _CODE.sub("", message) or type(error).__name__


def _position(message: str, text: str) -> int | None:
    found = _PLACE.search(message)
    if found is None:
        return None
    lines = text.split("\n")[: int(found[1]) - 1]
    return sum(len(line) + 1 for line in lines) + int(found[2])
