"""Which database the platform keeps its state in."""

from data_platform.environment import Environment, current_environment
from data_platform.instance.embedded import EmbeddedPostgres

URL_VARIABLE = "DATA_PLATFORM_POSTGRES_URL"


def database_url(configured: str | None = None, environment: Environment | None = None) -> str:
    """The database's address, as `postgresql://`.

    Args:
        configured: an address written in dagster.yaml; it comes first.
        environment: defaults to the process's own. Its `DATA_PLATFORM_POSTGRES_URL` comes next, and the embedded
            PostgreSQL under its state folder last.

    Raises:
        UsageError: the environment is unknown.
    """
    import os

    environment = environment or current_environment()
    return configured or os.environ.get(URL_VARIABLE) or EmbeddedPostgres(environment.state).url


def is_embedded(url: str, environment: Environment | None = None) -> bool:
    """Whether this is the embedded PostgreSQL of this environment."""
    environment = environment or current_environment()
    return url == EmbeddedPostgres(environment.state).url
