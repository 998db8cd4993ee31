"""The platform's own tables, deployed by the platform's own schema engine."""

from pathlib import Path

from data_platform.schema.deploying import deploy_target
from data_platform.schema.names import Names
from data_platform.schema.outcome import Outcome
from data_platform.schema.target import Target

SCHEMA = "platform"
# the history of these changes is in the schema that they would make
_MAKE = f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"

CHANGELOG = Path(__file__).parent / "platform_changelog"


def deploy_platform_tables(url: str, *, wait_seconds: float = 60.0) -> Outcome:
    """Bring the schema `platform` of the platform's database up to date; its history is in that schema, too.

    Args:
        url: of the PostgreSQL that holds Dagster's tables.
        wait_seconds: how long to wait for another process that does the same.

    Raises:
        SchemaError: it cannot be brought up to date.
    """
    _make_schema(url)
    target = Target(changelog=CHANGELOG, database=url, search_path=(CHANGELOG,), names=Names(liquibase_schema=SCHEMA))
    return deploy_target(target, wait_seconds=wait_seconds)


def _make_schema(url: str) -> None:
    import psycopg2
    from psycopg2.errors import UniqueViolation

    from data_platform.schema.address import read_address
    from data_platform.schema.errors import DatabaseError

    address = read_address(url)
    try:
        connection = psycopg2.connect(address.url)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT to_regnamespace(%s) IS NULL", (SCHEMA,))
                if cursor.fetchone() == (True,):
                    cursor.execute(_MAKE)
        except UniqueViolation:
            pass  # another process made it at the same moment
        finally:
            connection.close()
    except psycopg2.Error as error:
        raise DatabaseError(str(error), where=address.shown, anchor="database-connection") from None
