"""The platform's database, as starting and telling see it."""

import os
from urllib.parse import urlsplit

from data_platform.environment import Environment
from data_platform.instance.address import URL_VARIABLE
from data_platform.instance.embedded import EmbeddedPostgres
from data_platform.processes.errors import ProcessesError

_SECONDS = 5


def uses_embedded() -> bool:
    """Whether no other database is configured for this process."""
    return not os.environ.get(URL_VARIABLE)


def database_problem(environment: Environment, *, embedded: bool) -> str | None:
    """Why the database does not answer, in one line without its password; None when it does."""
    import psycopg2

    url = EmbeddedPostgres(environment.state).url if embedded else os.environ.get(URL_VARIABLE, "")
    try:
        # a SQLAlchemy address may name its driver
        psycopg2.connect(url.replace("+psycopg2", "", 1), connect_timeout=_SECONDS).close()
    except psycopg2.Error as error:
        said = " ".join(str(error).split()) or type(error).__name__
        password = _password(url)
        return said.replace(password, "…") if password else said
    return None


def check_database(environment: Environment) -> None:
    """Make sure that the configured database answers.

    Raises:
        ProcessesError: it does not.
    """
    problem = database_problem(environment, embedded=False)
    if problem:
        raise ProcessesError(
            f"the database of {URL_VARIABLE} does not answer: {problem}",
            fix=f"start it or correct the address; without {URL_VARIABLE} the embedded PostgreSQL is used",
            anchor="database",
        )


def database_address(*, embedded: bool) -> str:
    """Where the database is, without user and password."""
    if embedded:
        return "embedded PostgreSQL"
    try:
        parts = urlsplit(os.environ.get(URL_VARIABLE, ""))
        return f"{parts.hostname or 'local socket'}:{parts.port or 5432}{parts.path}"
    except ValueError:
        return f"{URL_VARIABLE}"


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None
