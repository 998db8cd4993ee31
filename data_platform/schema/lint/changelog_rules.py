"""Rules about changesets as such: rollback, identities, databases, consent."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from data_platform.schema.changelog.directives import ALLOW
from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changeset
from data_platform.schema.errors import ChangelogError
from data_platform.schema.lint.rules import GROUPS, RULES
from data_platform.schema.statements import split

_MAY_END = re.compile(r"\b(?:commit|rollback|abort|begin|start|end)\b", re.IGNORECASE)
_ENDS = re.compile(
    r"(?:COMMIT|END|ABORT|BEGIN|ROLLBACK(?!\s+(?:WORK\s+|TRANSACTION\s+)?TO\b)|START\s+TRANSACTION)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule says of a changeset.

    Args:
        line: None for the line where it begins.
        file: when it is not the changeset's own.
    """

    rule: str
    message: str
    changeset: Changeset
    line: int | None = None
    file: str | None = None


def check(changeset: Changeset) -> Iterator[Remark]:
    """What is wrong with one changeset by itself."""
    if changeset.rollback is None and any(isinstance(change, Sql) for change in changeset.changes):
        yield Remark("missing-rollback", "the changeset does not say how it is undone", changeset)
    if len(changeset.dbms) > 1 and "duckdb" in changeset.dbms:
        dbms = ",".join(changeset.dbms)
        yield Remark("duckdb-dbms", f"Liquibase fails on dbms:{dbms}, as it does not know DuckDB", changeset)
    for name, reason in allowed(changeset).items():
        if name not in RULES and name not in GROUPS:
            yield Remark("unknown-consent", f"--allow {name} names no rule", changeset)
        elif not reason:
            yield Remark("consent-without-reason", f"--allow {name} has no reason", changeset)


def transactions(changeset: Changeset, dialect: str) -> Iterator[Remark]:
    """Statements that begin or end a transaction in a changeset that is one."""
    for change in changeset.changes if changeset.run_in_transaction and dialect != "snowflake" else ():
        if isinstance(change, Sql) and _MAY_END.search(change.text):
            with suppress(ChangelogError):  # told by the rule on what cannot be read
                for statement in split(change, changeset.source, dialect):
                    if found := _ENDS.match(statement.bare):
                        message = (
                            f"{' '.join(found[0].split())}: what comes before it stays when a later statement fails"
                        )
                        yield Remark("ends-transaction", message, changeset, statement.line_at(None), statement.file)


def allowed(changeset: Changeset) -> dict[str, str]:
    """What the author consents to, with the reason; in SQL of a YAML or XML root too."""
    found = dict(changeset.allowed)
    for change in changeset.changes:
        if isinstance(change, Sql) and "allow" in change.text:
            lines = (ALLOW.fullmatch(line) for line in change.text.split("\n"))
            found |= {line["what"].lower(): line["reason"].strip() for line in lines if line}
    return found


def duplicates(changesets: Sequence[Changeset]) -> Iterator[Remark]:
    """Changesets that cannot be told apart, or only by the case of their letters."""
    seen: dict[tuple[str, str, str], Changeset] = {}
    for changeset in changesets:
        identity = changeset.identity
        other = seen.setdefault((identity.file.lower(), identity.id.lower(), identity.author.lower()), changeset)
        if other is not changeset:
            how = "is there twice" if other.identity == identity else f"differs in case only from {other.identity}"
            where = f"{other.source}:{other.line}"
            yield Remark("duplicate-id", f"changeset {identity} {how}, first in {where}", changeset)


def headers(changesets: Sequence[Changeset]) -> Iterator[Remark]:
    """Files whose header names a path, which Liquibase 5 does not mind; told once a file."""
    told = set()
    for changeset in changesets:
        if changeset.other_file and changeset.source not in told:
            told.add(changeset.source)
            message = f"the header's logicalFilePath {changeset.identity.file} is ignored by Liquibase 5"
            yield Remark("header-path", message, changeset, line=1)
