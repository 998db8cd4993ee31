"""What `dp schema deploy`, a unit's asset in Dagster and pipelines do alike: check, then deploy; and look for drift."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from data_platform.schema.changes import Sql, TagDatabase
from data_platform.schema.changeset import Changelog, Changeset
from data_platform.schema.errors import ValidationError
from data_platform.schema.notes import edited_in_blanks
from data_platform.schema.opening import Opened, opened
from data_platform.schema.outcome import Outcome
from data_platform.schema.plan import Plan, make_plan, refuse_edits
from data_platform.schema.target import Target

_DESTRUCTIVE = re.compile(
    r"\b(drop|truncate|delete|alter|replace|rename|undrop|swap|overwrite)\b", re.ASCII | re.IGNORECASE
)

if TYPE_CHECKING:
    from data_platform.schema.drift import Difference
    from data_platform.schema.events import Event


def deploy_target(
    target: Target,
    *,
    allow: frozenset[str] = frozenset(),
    lint: bool = True,
    to_tag: str | None = None,
    wait_seconds: float = 300.0,
    tell: "Callable[[Event], None]" = lambda _: None,
    notice: Callable[[str], None] = lambda _: None,
    fence: Callable[[], None] | None = None,
) -> Outcome:
    """Deploy a target: what a lint rule calls an error is refused before anything runs.

    Args:
        allow: findings consented to, such as `destructive`.
        lint: whether to look for destructive steps at all.
        to_tag: only up to the changeset that sets this tag.
        notice: is given what was noticed in the changelog.
        fence: see `Options`.

    Raises:
        SchemaError: see `deploy`.
        ValidationError: a destructive step that nobody consented to; nothing was run.
    """
    with opened(target) as it:
        for each in it.changelog.notices:
            notice(str(each))
        changelog = up_to_tag(it.changelog, to_tag, notice) if to_tag else it.changelog
        plan = make_plan(changelog, it.database.history(), it.selection)
        refuse_edits(plan)
        if not plan.to_run and not plan.to_upgrade and not edited_in_blanks(plan, it.database.notes()):
            return Outcome(plan)  # the usual case, which should be quick: what deploys is not even imported
        if lint:
            refuse_findings(it, plan, allow)
        from data_platform.schema.deploy import Options, deploy

        return deploy(it.database, changelog, it.selection, Options(wait_seconds, tell, fence))


def up_to_tag(changelog: Changelog, tag: str, notice: Callable[[str], None]) -> Changelog:
    """The changelog up to and with the changeset that sets a tag; all of it, with a notice, when none does."""
    for number, changeset in enumerate(changelog.changesets, 1):
        if any(isinstance(change, TagDatabase) and change.tag == tag for change in changeset.changes):
            return replace(changelog, changesets=changelog.changesets[:number])
    notice(f"no changeset sets the tag {tag!r}: all of the changelog is deployed")
    return changelog


def refuse_findings(it: Opened, plan: Plan, allow: frozenset[str]) -> None:
    """Raise when a changeset that is about to run has a destructive step without consent.

    Raises:
        ValidationError: names each of them.
    """
    if not any(_may_destroy(step.changeset) for step in plan.to_run):
        return
    from data_platform.schema.lint import RULES, Options, Severity, lint

    options = Options(allowed=allow, history=it.database.history(), selection=it.selection)
    errors = [
        finding
        for finding in lint(it.changelog.changesets, it.database.dbms, options)
        if finding.severity is Severity.ERROR and RULES[finding.rule].group == "destructive"
    ]
    if errors:
        raise ValidationError(
            "; ".join(finding.message for finding in errors),
            where=errors[0].source,
            line=errors[0].line,
            fix=f"{errors[0].fix}, or deploy with --allow destructive; nothing was run",
            anchor="destructive-changes",
        )


def _may_destroy(changeset: Changeset) -> bool:
    """Whether its text has a word that a destructive step needs; most have none, and need no closer look."""
    return any(isinstance(change, Sql) and _DESTRUCTIVE.search(change.text) for change in changeset.changes)


def drift_of(target: Target, notice: Callable[[str], None] = lambda _: None) -> Sequence["Difference"]:
    """What differs between the target's database and what its deployed changesets build.

    Args:
        notice: is told when nothing is deployed, and so nothing can differ.
    """
    from data_platform.schema.drift import drift

    with opened(target) as it:
        history = it.database.history()
        if not any(history.of(changeset) for changeset in it.changelog.changesets):
            notice("nothing of this changelog is deployed here, so there is nothing to compare")
        return drift(it.database, it.changelog, it.selection)
