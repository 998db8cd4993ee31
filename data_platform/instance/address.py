"""Which database the platform keeps its state in."""

import os
import re

from data_platform.environment import Environment, current_environment
from data_platform.errors import UsageError
from data_platform.instance.embedded import EmbeddedPostgres

URL_VARIABLE = "DATA_PLATFORM_POSTGRES_URL"
_SCHEME = re.compile(r"postgres(ql)?(\+\w+)?://")


def database_url(configured: str | None = None, environment: Environment | None = None) -> str:
    """The database's address, as `postgresql://`.

    Args:
        configured: an address written in dagster.yaml; it comes first.
        environment: defaults to the process's own. `DATA_PLATFORM_POSTGRES_URL` comes next, and the embedded
            PostgreSQL under this environment's state folder last.

    Raises:
        UsageError: the environment is unknown, or the address is not one of PostgreSQL.
    """
    environment = environment or current_environment()
    given = configured or os.environ.get(URL_VARIABLE)
    if not given:
        return EmbeddedPostgres(environment.state).url
    if not _SCHEME.match(given):
        raise UsageError(
            f"{URL_VARIABLE} is not the address of a PostgreSQL database",
            fix="write it as postgresql://user:password@host:5432/database",
            anchor="database-not-running",
        )
    return _SCHEME.sub("postgresql://", given, count=1)


def with_driver(url: str) -> str:
    """The address for SQLAlchemy, which takes a plain `postgresql://` for another driver (psycopg 3)."""
    return _SCHEME.sub("postgresql+psycopg2://", url, count=1)


def is_embedded(url: str, environment: Environment | None = None) -> bool:
    """Whether this is the embedded PostgreSQL of this environment."""
    environment = environment or current_environment()
    return url == EmbeddedPostgres(environment.state).url
