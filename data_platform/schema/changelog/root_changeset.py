"""A changeset as a YAML, JSON or XML root writes it. Of Liquibase's change types those that hold SQL are supported."""

import posixpath
from dataclasses import dataclass
from pathlib import Path

from data_platform.schema.changelog.files import SearchPath, read_text
from data_platform.schema.changelog.node import Node
from data_platform.schema.changelog.properties import Properties
from data_platform.schema.changes import Change, Empty, Sql, TagDatabase
from data_platform.schema.changeset import Changeset, Identity, Notice, Rollback
from data_platform.schema.checksum import CONTROLS
from data_platform.schema.errors import ChangelogError
from data_platform.schema.expressions import recorded_contexts, recorded_labels
from data_platform.schema.paths import normalized
from data_platform.schema.precondition import OnFail, Precondition, Preconditions

_KNOWN = frozenset(
    [
        "id",
        "author",
        "comment",
        "context",
        "contextFilter",
        "labels",
        "dbms",
        "runOnChange",
        "runAlways",
        "alwaysRun",
        "runInTransaction",
        "failOnError",
        "ignore",
        "runOrder",
        "logicalFilePath",
        "runWith",
        "created",
        "objectQuotingStrategy",
        "validCheckSum",
        "rollback",
    ]
)
_PARTS = frozenset({"comment", "validCheckSum", "preConditions", "rollback"})
_CHANGES = "sql, sqlFile, tagDatabase and empty"


@dataclass(frozen=True)
class ChangesetReader:
    """Reads one `changeSet`.

    Args:
        node: the element.
        file: the name under which the root's changesets are recorded.
        source: the root file itself, for messages.
        real_file: the root's own name in the search path, from which relative paths start.
    """

    node: Node
    file: str
    source: Path
    properties: Properties
    search_path: SearchPath
    real_file: str

    def changeset(self) -> Changeset:
        """The changeset.

        Raises:
            ChangelogError: something is wrong or not supported; with file and line.
        """
        node = self.node
        for name in node.values:
            # a scalar of YAML is a value and a child: as in `empty: ''`, which is a change
            if name not in _KNOWN and not any(child.name == name for child in node.children):
                raise self._wrong(node, f"{name!r} is not supported in a changeSet")
        for required in ("id", "author"):
            if not self._value(required):
                raise self._wrong(node, f"a changeSet needs {required}")
        own = self._value("logicalFilePath")
        contexts = self._value("contextFilter") or self._value("context")
        return Changeset(
            identity=Identity(
                normalized(own) if own else self.file, self._value("id") or "", self._value("author") or ""
            ),
            changes=self._changes(),
            source=self.source,
            line=node.line,
            run_on_change=node.true("runOnChange", default=False),
            run_always=node.true("runAlways", default=False) or node.true("alwaysRun", default=False),
            run_in_transaction=node.true("runInTransaction", default=True),
            fail_on_error=node.true("failOnError", default=True),
            ignore=node.true("ignore", default=False),
            run_order=self._run_order(),
            contexts=recorded_contexts(contexts, self.source, node.line) if contexts else None,
            labels=recorded_labels(self._value("labels") or ""),
            dbms=tuple(name.strip().lower() for name in (self._value("dbms") or "").split(",") if name.strip()),
            valid_checksums=tuple(self._texts("validCheckSum")),
            comment=next(iter(self._texts("comment")), ""),
            rollback=self._rollback(),
            preconditions=self._preconditions(),
            run_with=self._value("runWith"),
        )

    def _value(self, name: str) -> str | None:
        value = self.node.values.get(name)
        return None if value is None else self.properties.expand(value, self.source, self.node.line)

    def _texts(self, name: str) -> list[str]:
        found = [child for child in self.node.children if child.name == name]
        texts = [each.text for child in found for each in (child.children or [child])]
        return [self.properties.expand(text.strip(), self.source, self.node.line) for text in texts]

    def _run_order(self) -> str | None:
        order = self._value("runOrder")
        if order is not None and order.lower() not in ("first", "last"):
            raise self._wrong(self.node, f"runOrder is first or last, not {order!r}")
        return order.lower() if order else None

    def _changes(self) -> tuple[Change, ...]:
        changes = [child for child in self.node.children if child.name not in _PARTS | _KNOWN]
        read = [self._change(child) for child in changes]
        # what is for another database is no part of the changeset here, nor of its checksum
        ours = [one for one in read if not isinstance(one, Sql) or self.properties.selection.takes_dbms(one.dbms)]
        return tuple(ours)

    def _change(self, node: Node) -> Change:
        match node.name:
            case "sql":
                return self._sql(node, node.values.get("sql", node.text))
            case "sqlFile":
                return self._sql_file(node)
            case "tagDatabase":
                tag = self._expanded(node, node.values.get("tag", ""))
                return TagDatabase(tag, node.true("keepTagOnRollback", default=False))
            case "empty":
                return Empty()
            case other:
                raise self._wrong(
                    node, f"the change {other!r} is not supported: {_CHANGES} are", "write it as SQL in a file"
                )

    def _sql(self, node: Node, text: str, path: str | None = None) -> Sql:
        return Sql(
            self._expanded(node, text).strip(CONTROLS),
            node.line,
            node.true("splitStatements", default=True),
            node.true("stripComments", default=False),
            node.values.get("endDelimiter"),
            tuple(name.strip().lower() for name in node.values.get("dbms", "").split(",") if name.strip()),
            path,
        )

    def _sql_file(self, node: Node) -> Sql:
        written = self._expanded(node, node.values.get("path", ""))
        path = normalized(written)
        if node.true("relativeToChangelogFile", default=False):
            path = normalized(posixpath.join(posixpath.dirname(self.real_file), path))
        found = self.search_path.find(path)
        if found is None:
            raise self._wrong(node, f"the SQL file {path!r} does not exist")
        notices: list[Notice] = []
        return self._sql(node, read_text(found, notices), written)

    def _rollback(self) -> Rollback | None:
        parts = [child for child in self.node.children if child.name == "rollback"]
        if not parts:
            return None
        for part in parts:
            name = part.values.get("changeSetId")
            if name is not None:
                path = part.values.get("changeSetPath")
                author = part.values.get("changeSetAuthor", "")
                return Rollback(reference=Identity(normalized(path) if path else self.file, name, author))
        changes: list[Sql] = []
        for part in parts:
            for child in part.children:
                change = self._change(child) if child.name != "rollback" else self._sql(child, child.text)
                if isinstance(change, Sql):
                    changes.append(change)
            if part.text.strip() and not part.children:
                changes.append(self._sql(part, part.text))
        return Rollback(changes=tuple(change for change in changes if change.text))

    def _preconditions(self) -> Preconditions | None:
        node = self.node.child("preConditions")
        if node is None:
            return None
        scalars = {"onFail", "onError", "onSqlOutput", "onFailMessage", "onErrorMessage"}
        return Preconditions(
            checks=tuple(self._precondition(child) for child in node.children if child.name not in scalars),
            on_fail=self._on(node, "onFail"),
            on_error=self._on(node, "onError"),
            on_sql_output=node.values.get("onSqlOutput", "IGNORE").upper(),
            on_fail_message=node.values.get("onFailMessage"),
            on_error_message=node.values.get("onErrorMessage"),
        )

    def _on(self, node: Node, name: str) -> OnFail:
        value = node.values.get(name, "HALT").upper()
        if value not in OnFail.__members__:
            raise self._wrong(node, f"{name} {value!r} is unknown; known: {', '.join(OnFail)}")
        return OnFail(value)

    def _precondition(self, node: Node) -> Precondition:
        values = {name: self._expanded(node, value) for name, value in node.values.items()}
        match node.name:
            case "sqlCheck":
                query = values.get("sql") or self._expanded(node, node.text)
                return Precondition(
                    "sql-check", node.line, expected=values.get("expectedResult", ""), query=query.strip()
                )
            case "tableExists":
                name = values.get("tableName", "")
                return Precondition("table-exists", node.line, name=name, schema=values.get("schemaName"))
            case "viewExists":
                name = values.get("viewName", "")
                return Precondition("view-exists", node.line, name=name, schema=values.get("schemaName"))
            case other:
                raise self._wrong(
                    node, f"the precondition {other!r} is not supported", "use sqlCheck, tableExists or viewExists"
                )

    def _expanded(self, node: Node, text: str) -> str:
        return self.properties.expand(text, self.source, node.line)

    def _wrong(self, node: Node, what: str, fix: str | None = None) -> ChangelogError:
        return ChangelogError(what, where=self.source, line=node.line, fix=fix, anchor="changelogs")
