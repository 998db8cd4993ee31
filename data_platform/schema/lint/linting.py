"""Runs all rules over a changelog."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from data_platform.schema.changeset import Changelog, Changeset
from data_platform.schema.expressions import Selection
from data_platform.schema.lint import changelog_rules, convention, destructive, locks
from data_platform.schema.lint.changelog_rules import Remark
from data_platform.schema.lint.finding import Finding, Options, Severity
from data_platform.schema.lint.objects import Objects
from data_platform.schema.lint.rules import RULES, Rule
from data_platform.schema.lint.scene import Scene
from data_platform.schema.lint.statements import Done, Unreadable, done_by
from data_platform.schema.plan import make_plan
from data_platform.schema.step import RUNS, State, Step


def lint(changesets: Sequence[Changeset], dialect: str, options: Options | None = None) -> list[Finding]:
    """Look a changelog over before it is deployed.

    Args:
        changesets: all of the changelog, in the order in which they run.
        dialect: `postgresql`, `duckdb` or `snowflake`; changesets for other databases are passed over.
        options: see `Options`.

    Returns:
        Findings in the order of the changelog; those that somebody consented to are warnings with their reason.
    """
    options = options or Options()
    positions = {id(changeset): position for position, changeset in enumerate(changesets)}
    remarks = sorted(
        _remarks(changesets, dialect, options),
        key=lambda remark: (positions[id(remark.changeset)], remark.line or remark.changeset.line),
    )
    files = None if options.files is None else {file.resolve() for file in options.files}
    return [
        _finding(remark, options) for remark in remarks if files is None or remark.changeset.source.resolve() in files
    ]


def _remarks(changesets: Sequence[Changeset], dialect: str, options: Options) -> Iterator[Remark]:
    steps = _steps(changesets, dialect, options)
    for step in steps.values():
        if step.state is State.EDITED:
            yield Remark("edited-changeset", f"changeset {step.changeset.identity} {step.reason}", step.changeset)
    pending = None if options.history is None else {at for at, step in steps.items() if step.state in RUNS}
    looked_at = [each for at, each in enumerate(changesets) if pending is None or at in pending]
    yield from changelog_rules.duplicates(changesets)
    yield from changelog_rules.headers(looked_at)
    root = options.convention
    if root is not None:
        root = root.parent if root.is_file() else root
        yield from convention.files(looked_at, root)
        yield from convention.ids(looked_at, root)
    reader = _Reader(dialect, root, pending)
    for at, changeset in enumerate(changesets):
        absent = at in steps and steps[at].state in (State.FILTERED, State.IGNORED)
        if not changeset.ignore and not absent:
            yield from reader.changeset(changeset, at)


class _Reader:
    """Goes through the changesets in their order, and keeps what they have built."""

    def __init__(self, dialect: str, convention: Path | None, pending: Collection[int] | None) -> None:
        self.dialect = dialect
        self.convention = convention
        self.pending = pending
        self.objects = Objects()

    def changeset(self, changeset: Changeset, position: int) -> Iterator[Remark]:
        """What the rules for one changeset and its statements say; of what is deployed only its objects count."""
        is_for_us = Selection(dbms=self.dialect).takes_dbms(changeset.dbms)
        read = list(done_by(changeset, self.dialect)) if is_for_us else []
        done = [each for each in read if isinstance(each, Done)]
        if self.pending is not None and position not in self.pending:
            for each in done:
                self.objects.see(each.action, position)
            return
        yield from changelog_rules.check(changeset)
        if is_for_us:
            yield from changelog_rules.transactions(changeset, self.dialect)
        for unread in read:
            if isinstance(unread, Unreadable):
                yield Remark("unreadable-sql", unread.what, changeset, unread.line, unread.file)
        if self.convention is not None:
            yield from convention.check(changeset, done, self.convention, self.dialect)
        for at, each in enumerate(done):
            later = [after.action for after in done[at + 1 :]]
            scene = Scene(each.action, changeset, position, later, self.objects, self.pending, self.dialect)
            for rule, message in self._rules(scene):
                yield Remark(rule, message, changeset, each.line, each.file)
            self.objects.see(each.action, position)

    def _rules(self, scene: Scene) -> Iterator[tuple[str, str]]:
        yield from destructive.check(scene)
        if self.dialect == "postgresql":
            yield from locks.check(scene)


def _steps(changesets: Sequence[Changeset], dialect: str, options: Options) -> dict[int, Step]:
    """How each changeset stands to the history, by its position; empty without a history."""
    if options.history is None:
        return {}
    # of duplicates the first counts; they are told by a rule of their own
    first: dict[str, int] = {}
    for at, changeset in enumerate(changesets):
        first.setdefault(str(changeset.identity).lower(), at)
    selection = replace(options.selection or Selection(), dbms=dialect)
    plan = make_plan(Changelog(tuple(changesets[at] for at in first.values())), options.history, selection)
    by_changeset = {id(changesets[at]): at for at in first.values()}
    return {by_changeset[id(step.changeset)]: step for step in plan.steps}


def _finding(remark: Remark, options: Options) -> Finding:
    rule = RULES[remark.rule]
    consent = None if rule.firm else _consent(rule, remark.changeset, options)
    return Finding(
        rule.name,
        Severity.WARNING if consent else rule.severity,
        remark.message,
        Path(remark.file) if remark.file else remark.changeset.source,
        remark.line or remark.changeset.line,
        remark.changeset.identity,
        rule.fix,
        consent,
    )


def _consent(rule: Rule, changeset: Changeset, options: Options) -> str | None:
    consents = changelog_rules.allowed(changeset)
    for name in (rule.name, rule.group):
        if reason := consents.get(name):
            return reason
        if name in options.allowed:
            return f"--allow {name}"
    return None
