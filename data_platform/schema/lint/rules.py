"""All rules: their groups, how severe they are, and what to do about them."""

from dataclasses import dataclass

from data_platform.schema.lint.finding import Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_CONSENT = "add '--allow destructive: REASON' to the changeset if that is meant"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Args:
        name: a heading of docs/schema-lint.md.
        group: `destructive`, `locks`, `changelog` or `convention`; consent may name either.
        firm: whether no consent counts, because a deploy would fail.
    """

    name: str
    group: str
    severity: Severity
    fix: str
    firm: bool = False


RULES = {
    rule.name: rule
    for rule in (
        Rule("drop-object", "destructive", _ERROR, _CONSENT),
        Rule("drop-column", "destructive", _ERROR, _CONSENT),
        Rule("truncate", "destructive", _ERROR, _CONSENT),
        Rule("delete-all", "destructive", _ERROR, "add a WHERE, or " + _CONSENT),
        Rule("replace-table", "destructive", _ERROR, "alter the table instead, or " + _CONSENT),
        Rule("narrow-type", "destructive", _ERROR, "add a column of the new type instead, or " + _CONSENT),
        Rule("not-null", "destructive", _ERROR, "give it a DEFAULT, or fill all rows first, or " + _CONSENT),
        Rule("rename", "destructive", _ERROR, "leave a view under the old name for its readers, or " + _CONSENT),
        Rule(
            "index-blocks-writes",
            "locks",
            _WARNING,
            "use CREATE INDEX CONCURRENTLY in a changeset of its own with runInTransaction:false",
        ),
        Rule(
            "drop-index-blocks",
            "locks",
            _WARNING,
            "use DROP INDEX CONCURRENTLY in a changeset of its own with runInTransaction:false",
        ),
        Rule("type-rewrite", "locks", _WARNING, "add a column of the new type, fill it in batches, switch readers"),
        Rule("constraint-scan", "locks", _WARNING, "add it NOT VALID, and VALIDATE CONSTRAINT in a later changeset"),
        Rule(
            "unique-scan",
            "locks",
            _WARNING,
            "build the index with CREATE UNIQUE INDEX CONCURRENTLY first, then add the constraint USING INDEX",
        ),
        Rule(
            "not-null-scan",
            "locks",
            _WARNING,
            "add CHECK (… IS NOT NULL) NOT VALID and validate it first: SET NOT NULL then reads nothing",
        ),
        Rule(
            "volatile-default",
            "locks",
            _WARNING,
            "add the column without it, set the DEFAULT for new rows, fill the old ones in batches",
        ),
        Rule("table-rewrite", "locks", _WARNING, "run it outside deploys, or with CONCURRENTLY where there is one"),
        Rule("transaction", "locks", _ERROR, "give it a changeset of its own with runInTransaction:false"),
        Rule("unreadable-sql", "changelog", _ERROR, "close the quote or comment, or correct the delimiter", firm=True),
        Rule("missing-rollback", "changelog", _WARNING, "add --rollback lines, or '--rollback not required'"),
        Rule("duplicate-id", "changelog", _ERROR, "give one of them another id", firm=True),
        Rule(
            "edited-changeset",
            "changelog",
            _ERROR,
            "undo the edit and add a new changeset, or accept the old sum with --validCheckSum",
            firm=True,
        ),
        Rule(
            "ends-transaction",
            "changelog",
            _WARNING,
            "leave it out, and split what belongs apart into changesets",
        ),
        Rule("duckdb-dbms", "changelog", _WARNING, "give DuckDB changesets of its own, best in files of their own"),
        Rule("header-path", "changelog", _WARNING, "write logicalFilePath on each changeset"),
        Rule("consent-without-reason", "changelog", _ERROR, "write '--allow NAME: REASON'", firm=True),
        Rule("unknown-consent", "changelog", _ERROR, "name a rule or a group of docs/schema-lint.md", firm=True),
        Rule("file-name", "convention", _ERROR, "name it <area>/<NNN>_<what>.sql, or <kind>s/<object>.sql"),
        Rule("repeatable", "convention", _ERROR, "write CREATE OR REPLACE in a changeset with runOnChange:true"),
        Rule("object-name", "convention", _ERROR, "use lower case, digits and underscores"),
        Rule("author", "convention", _ERROR, "write --changeset author:id"),
        Rule("repeated-id", "convention", _ERROR, "number the changesets of a file"),
    )
}
GROUPS = frozenset(rule.group for rule in RULES.values())
