"""Scratch databases on PostgreSQL: made under a name that tells their age, and dropped, also when a run was killed."""

import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from data_platform.errors import DataPlatformError
from data_platform.schema.errors import DatabaseError
from data_platform.schema.names import literal, quoted
from data_platform.schema.postgres import PostgresDatabase
from data_platform.schema.postgres_errors import INSUFFICIENT_PRIVILEGE, code_of

_PREFIX = "dp_scratch_"
_FOLDER = "dp-scratch-"
_DAY = 86_400
_MINUTE = 60  # between making a database and connecting to it


@contextmanager
def scratch_url(database: PostgresDatabase) -> Iterator[str]:
    """The URL of an empty database that is dropped at the end.

    Raises:
        DatabaseError: it cannot be made.
    """
    drop_leftovers(database)
    ((seconds,),) = database.query("SELECT extract(epoch FROM now())::bigint")
    name = f"{_PREFIX}{seconds}_{secrets.token_hex(4)}"
    refused = False
    try:
        try:
            database.query(f"CREATE DATABASE {quoted(name)} TEMPLATE template0")
        except DatabaseError as error:
            if code_of(error) != INSUFFICIENT_PRIVILEGE:
                raise
            refused = True
        if refused:
            with _own_server(database) as url:
                yield url
        else:
            _copy_search_path(database, name)
            yield url_of(database.address.url, name)
    finally:
        if not refused:
            # the session may be lost by now; then the next one drops it
            with suppress(DatabaseError):
                database.query(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")


def drop_leftovers(database: PostgresDatabase) -> None:
    """Drop the scratch databases of runs that were killed: nobody is connected to them, or they are a day old."""
    for name, age, used in database.query(
        "SELECT d.datname, extract(epoch FROM now())::bigint - split_part(d.datname, '_', 3)::bigint, "  # noqa: S608 (a constant)
        "EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid) FROM pg_catalog.pg_database d "
        f"WHERE d.datname ~ {literal(f'^{_PREFIX}[0-9]{{1,12}}_[0-9a-f]{{8}}$')} "
        "AND pg_catalog.pg_has_role(d.datdba, 'USAGE')"
    ):
        if age > _DAY or (age > _MINUTE and not used):
            with suppress(DatabaseError):  # another run drops it at this moment
                database.query(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")


def url_of(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    parts = urlsplit(url)
    options = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != "dbname"]
    return urlunsplit(parts._replace(path="/" + quote(name, safe=""), query=urlencode(options, quote_via=quote)))


def _copy_search_path(database: PostgresDatabase, name: str) -> None:
    """The search path that a new session has, which may be set for the database."""
    ((path,),) = database.query("SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'search_path'")
    take = f"SELECT set_config('search_path', {literal(path)}, true)"
    database.query(f"BEGIN; {take}; ALTER DATABASE {quoted(name)} SET search_path FROM CURRENT; COMMIT")


@contextmanager
def _own_server(database: PostgresDatabase) -> Iterator[str]:
    from data_platform.instance.embedded import EmbeddedPostgres

    for old in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        _remove_if_old(old)
    with ExitStack() as stack:
        # not deeper: a socket's path must be short
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=_FOLDER, ignore_cleanup_errors=True))
        server = EmbeddedPostgres(Path(folder))
        try:
            stack.enter_context(server.running())
        except DataPlatformError as error:
            raise DatabaseError(
                f"a scratch database cannot be made: this role may not, and no server can be started: {error.what}",
                where=database.where,
                fix="ALTER ROLE … CREATEDB, or install the embedded PostgreSQL",
                anchor="database-catalogue",
            ) from error
        _copy_roles(database, server.url)
        yield server.url


def _remove_if_old(folder: Path) -> None:
    from data_platform.instance.embedded import EmbeddedPostgres

    with suppress(OSError):
        if time.time() - folder.stat().st_mtime > _DAY:
            EmbeddedPostgres(folder).stop_abandoned()
            shutil.rmtree(folder)


def _copy_roles(database: PostgresDatabase, url: str) -> None:
    """The names of all roles, so that grants can be run."""
    from data_platform.schema.address import read_address
    from data_platform.schema.postgres_session import Session

    session = Session(read_address(url))
    try:
        known = {name for (name,) in session.query("SELECT rolname FROM pg_catalog.pg_roles")}
        for (name,) in database.query("SELECT rolname FROM pg_catalog.pg_roles"):
            if name not in known:
                session.query(f"CREATE ROLE {quoted(name)} NOLOGIN")
    finally:
        session.close()
