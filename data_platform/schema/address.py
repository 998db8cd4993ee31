"""Database URLs: what they may look like, and how they are shown without what is secret."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from data_platform.errors import UsageError

_KINDS = {"postgresql": "postgresql", "postgres": "postgresql", "duckdb": "duckdb", "snowflake": "snowflake"}
_FORMS = "postgresql://user@host/database, duckdb:///file.duckdb or snowflake://user@account/database/schema"
# a password in a query, as libpq and JDBC take it
_SECRET = re.compile(r"(?i)\b(password|passphrase|token|private_key)=[^&\s]*")
_SECRET_NAMES = frozenset({"password", "passphrase", "passcode", "token", "private_key"})


@dataclass(frozen=True, slots=True)
class Address:
    """A database's URL, taken apart.

    Args:
        kind: `postgresql`, `duckdb` or `snowflake`; the same names as `dbms` in changesets.
        url: as PostgreSQL's library takes it; may hold a password, never shown.
        shown: the same for messages, without passwords.
        path: what stands behind the host, decoded; for DuckDB the file, relative or absolute.
        host: of Snowflake, the account.
        options: what stands behind `?`, each once.
    """

    kind: str
    url: str
    shown: str
    path: str
    host: str
    user: str
    options: dict[str, str]


def read_address(url: str) -> Address:
    """Take a URL apart.

    Raises:
        UsageError: it is none of the three forms, or has a password that belongs elsewhere.
    """
    scheme, separator, rest = url.partition("://")
    kind = _KINDS.get(scheme.lower().partition("+")[0])
    if not separator or kind is None:
        hint = "leave out 'jdbc:'" if scheme.lower().startswith("jdbc:") else f"write {_FORMS}"
        raise _wrong(f"the database URL begins with {_begin(scheme)!r}, which is none that is known", hint)
    try:
        parts = urlsplit(f"{kind}://{rest}")
        host, user, password = parts.hostname or "", unquote(parts.username or ""), parts.password
        shown_port = f":{parts.port}" if parts.port else ""
    except ValueError:  # its message may quote the password
        raise _wrong("the database URL cannot be read", f"write {_FORMS}, with %XX for special characters") from None
    options = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    if kind == "duckdb":
        _refuse_unless(not host and not user, "a DuckDB URL has three slashes before its file", "duckdb:///file.duckdb")
        _refuse_unless(len(parts.path) > 1, "the DuckDB URL names no file", "duckdb:///file.duckdb")
    if kind == "snowflake":
        _refuse_unless(
            password is None and not _SECRET_NAMES & {name.lower() for name in options},
            "a Snowflake URL holds no password",
            "set SNOWFLAKE_PASSWORD or SNOWFLAKE_PRIVATE_KEY_PATH instead",
        )
        _refuse_unless(bool(host and user), "the Snowflake URL lacks its user or account", f"write {_FORMS}")
    query = f"?{_SECRET.sub(r'***', parts.query)}" if parts.query else ""
    authority = f"{user}@{host}{shown_port}" if user else f"{host}{shown_port}"
    return Address(
        kind=kind,
        url=f"{kind}://{rest}",
        shown=f"{kind}://{authority}{parts.path}{query}",
        path=unquote(parts.path.removeprefix("/")),
        host=host,
        user=user,
        options=options,
    )


def _begin(scheme: str) -> str:
    return scheme if re.fullmatch(r"[\w+.:-]{1,30}", scheme) else "something"


def _refuse_unless(condition: bool, what: str, fix: str) -> None:
    if not condition:
        raise _wrong(what, fix if " " in fix else f"write {fix}")


def _wrong(what: str, fix: str) -> UsageError:
    return UsageError(what, fix=fix, anchor="database-urls")
