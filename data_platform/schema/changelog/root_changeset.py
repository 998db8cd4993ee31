"""A changeset as a YAML, JSON or XML root writes it."""

from data_platform.schema.changelog.node import Node
from data_platform.schema.changelog.root_changes import databases, read_change, read_sql
from data_platform.schema.changelog.root_file import RootFile
from data_platform.schema.changelog.root_preconditions import read_preconditions
from data_platform.schema.changes import Change, Sql
from data_platform.schema.changeset import Changeset, Identity, Rollback
from data_platform.schema.expressions import recorded_contexts, recorded_labels
from data_platform.schema.paths import normalized

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


def read_changeset(node: Node, root: RootFile) -> Changeset:
    """Read one `changeSet`.

    Raises:
        ChangelogError: something is wrong or not supported; with file and line.
    """
    return _Reader(node, root).changeset()


class _Reader:
    def __init__(self, node: Node, root: RootFile) -> None:
        self.node = node
        self.root = root

    def changeset(self) -> Changeset:
        node = self.node
        for name in node.values:
            # a scalar of YAML is a value and a child: as in `empty: ''`, which is a change
            if name not in _KNOWN and not any(child.name == name for child in node.children):
                raise self.root.wrong(node, f"{name!r} is not supported in a changeSet")
        for required in ("id", "author"):
            if not self._value(required):
                raise self.root.wrong(node, f"a changeSet needs {required}")
        own = self._value("logicalFilePath")
        contexts = self._value("contextFilter") or self._value("context")
        return Changeset(
            identity=Identity(
                normalized(own) if own else self.root.recorded, self._value("id") or "", self._value("author") or ""
            ),
            changes=self._changes(),
            source=self.root.source,
            line=node.line,
            run_on_change=node.true("runOnChange", default=False),
            run_always=node.true("runAlways", default=False) or node.true("alwaysRun", default=False),
            run_in_transaction=node.true("runInTransaction", default=True),
            fail_on_error=node.true("failOnError", default=True),
            ignore=node.true("ignore", default=False),
            run_order=self._run_order(),
            contexts=recorded_contexts(contexts, self.root.source, node.line) if contexts else None,
            labels=recorded_labels(self._value("labels") or ""),
            dbms=databases(self._value("dbms")),
            valid_checksums=tuple(self._texts("validCheckSum")),
            comment=next(iter(self._texts("comment")), ""),
            rollback=self._rollback(),
            preconditions=read_preconditions(node, self.root),
            run_with=self._value("runWith"),
        )

    def _value(self, name: str) -> str | None:
        value = self.node.values.get(name)
        return None if value is None else self.root.expanded(self.node, value)

    def _texts(self, name: str) -> list[str]:
        found = [child for child in self.node.children if child.name == name]
        texts = [each.text for child in found for each in (child.children or [child])]
        return [self.root.expanded(self.node, text.strip()) for text in texts]

    def _run_order(self) -> str | None:
        order = self._value("runOrder")
        if order is not None and order.lower() not in ("first", "last"):
            raise self.root.wrong(self.node, f"runOrder is first or last, not {order!r}")
        return order.lower() if order else None

    def _changes(self) -> tuple[Change, ...]:
        changes = [child for child in self.node.children if child.name not in _PARTS | _KNOWN]
        read = [read_change(child, self.root) for child in changes]
        # what is for another database is no part of the changeset here, nor of its checksum
        ours = [one for one in read if not isinstance(one, Sql) or self.root.properties.selection.takes_dbms(one.dbms)]
        return tuple(ours)

    def _rollback(self) -> Rollback | None:
        root = self.root
        parts = [child for child in self.node.children if child.name == "rollback"]
        if not parts:
            return None
        for part in parts:
            name = part.values.get("changeSetId")
            if name is not None:
                path = part.values.get("changeSetPath")
                author = part.values.get("changeSetAuthor", "")
                return Rollback(reference=Identity(normalized(path) if path else root.recorded, name, author))
        changes: list[Sql] = []
        for part in parts:
            for child in part.children:
                change = read_sql(child, child.text, root) if child.name == "rollback" else read_change(child, root)
                if isinstance(change, Sql):
                    changes.append(change)
            if part.text.strip() and not part.children:
                changes.append(read_sql(part, part.text, root))
        return Rollback(changes=tuple(change for change in changes if change.text))
