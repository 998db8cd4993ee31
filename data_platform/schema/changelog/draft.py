"""A changeset of formatted SQL while its lines are being read, and what it becomes when they end."""

from dataclasses import dataclass, field
from pathlib import Path

from data_platform.schema.changelog.attributes import Attributes
from data_platform.schema.changelog.properties import Properties
from data_platform.schema.changelog.rollback_text import read_rollback
from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changeset, Identity, Rollback
from data_platform.schema.checksum import CONTROLS
from data_platform.schema.errors import ChangelogError
from data_platform.schema.expressions import recorded_contexts, recorded_labels
from data_platform.schema.paths import normalized
from data_platform.schema.precondition import Preconditions


@dataclass(slots=True)
class Draft:
    """What was read so far of the changeset that begins in `line`."""

    author: str
    id: str
    file: str
    own_file: str
    source: Path
    line: int
    attributes: Attributes
    sql: list[str] = field(default_factory=list)
    sql_line: int = 0
    sql_lines: list[int] = field(default_factory=list)
    old_sql: list[str] | None = None
    rollback: list[str] = field(default_factory=list)
    rollback_line: int = 0
    comment: str = ""
    valid_checksums: list[str] = field(default_factory=list)
    preconditions: tuple[int, str] | None = None
    checks: list[tuple[int, str, str]] = field(default_factory=list)
    allowed: dict[str, str] = field(default_factory=dict)

    def changeset(self, properties: Properties) -> Changeset:
        """The finished changeset, with properties expanded.

        Raises:
            ChangelogError: it has no SQL, or something in it is wrong.
        """
        attributes = self.attributes
        text = properties.expand("\n".join(self.sql), self.source, self.line).strip(CONTROLS)
        if not text:
            raise ChangelogError(
                f"changeset {self.id!r} has no SQL",
                where=self.source,
                line=self.line,
                fix="give it some or remove it (Liquibase would run the previous changeset's SQL again)",
                anchor="changelogs",
            )
        old = None
        if self.old_sql is not None:
            old_text = properties.expand("\n".join(self.old_sql), self.source, self.line).strip(CONTROLS)
            old = (self._sql(old_text),)
        own = normalized(attributes.file_path) if attributes.file_path else None
        file = own or self.file
        return Changeset(
            identity=Identity(file, self.id, self.author),
            changes=(self._sql(text),),
            old_changes=old,
            source=self.source,
            line=self.line,
            other_file=self.own_file if own is None and file != self.own_file else None,
            run_on_change=attributes.run_on_change,
            run_always=attributes.run_always,
            run_in_transaction=attributes.run_in_transaction,
            fail_on_error=attributes.fail_on_error,
            ignore=attributes.ignore,
            contexts=self._contexts(properties),
            labels=self._labels(properties),
            dbms=tuple(name for name in (attributes.dbms or "").lower().split(",") if name),
            valid_checksums=tuple(self.valid_checksums),
            comment=self.comment,
            rollback=self._rollback(file, properties),
            preconditions=self._preconditions(properties),
            run_with=attributes.run_with,
            allowed=self.allowed,
        )

    def _sql(self, text: str) -> Sql:
        attributes = self.attributes
        return Sql(
            text,
            self.sql_line,
            attributes.split,
            attributes.strip_comments,
            attributes.end_delimiter,
            gaps=self._gaps(),
        )

    def _gaps(self) -> tuple[int, ...]:
        numbers = self.sql_lines
        if not numbers or numbers[-1] - numbers[0] + 1 == len(numbers):
            return ()
        return tuple(sorted(set(range(self.sql_line, numbers[-1])).difference(numbers)))

    def _preconditions(self, properties: Properties) -> Preconditions | None:
        if self.preconditions is None and not self.checks:
            return None
        from data_platform.schema.changelog.preconditions import read_preconditions

        return read_preconditions(self.preconditions, self.checks, self.source, properties)

    def _contexts(self, properties: Properties) -> str | None:
        written = self.attributes.contexts
        if not written:
            return None
        return recorded_contexts(properties.expand(written, self.source, self.line), self.source, self.line)

    def _labels(self, properties: Properties) -> tuple[str, ...]:
        written = self.attributes.labels
        return recorded_labels(properties.expand(written, self.source, self.line)) if written else ()

    def _rollback(self, file: str, properties: Properties) -> Rollback | None:
        if not self.rollback_line:
            return None
        text = properties.expand("\n".join(self.rollback), self.source, self.rollback_line).strip(CONTROLS)
        return read_rollback(text, self.attributes, file, self.source, self.rollback_line)
