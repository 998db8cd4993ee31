"""`dp schema` plan, deploy, status, sql and rollback: what moves a database, and what shows that beforehand."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data_platform.cli.schema_options import WAIT, AsSql, Json, LockWait, about_a_target, tell
from data_platform.schema.target import Target

if TYPE_CHECKING:
    from data_platform.schema.events import Event


@about_a_target()
def plan(target: Target, as_sql: AsSql = False, as_json: Json = False) -> None:
    """Show what a deploy would do, and why; exit code 1 if it would be refused.

    [bold]Example:[/bold] dp schema plan --unit operations
    """
    from data_platform.cli.schema_print import print_plan
    from data_platform.schema.opening import opened
    from data_platform.schema.plan import make_plan, refuse_edits

    with opened(target) as it:
        _notices(it.changelog.notices)
        found = make_plan(it.changelog, it.database.history(), it.selection)
        if as_sql:
            _script(it, found)
        else:
            print_plan(found, it.database, as_json=as_json)
        refuse_edits(found)


@about_a_target()
def deploy(
    target: Target,
    *,
    allow: Annotated[
        list[str] | None, typer.Option(help="Consent to findings of a rule or kind, such as `destructive`.")
    ] = None,
    lint: Annotated[bool, typer.Option(help="Refuse destructive steps without consent.")] = True,
    to_tag: Annotated[str | None, typer.Option(help="Only up to the changeset that sets this tag.")] = None,
    lock_wait: LockWait = WAIT,
    as_json: Json = False,
) -> None:
    """Run what has not run yet, each changeset in its transaction.

    [bold]Examples:[/bold] dp schema deploy --unit operations

    dp schema deploy --changelog db/root.yaml --database postgresql://app@db/app --contexts prod
    """
    from data_platform.cli.schema_print import print_outcome
    from data_platform.schema.deploying import deploy_target

    outcome = deploy_target(
        target,
        allow=frozenset(allow or ()),
        lint=lint,
        to_tag=to_tag,
        wait_seconds=lock_wait,
        tell=_event,
        notice=lambda line: tell(f"dp: {line}"),
    )
    print_outcome(outcome, as_json=as_json)


@about_a_target()
def status(target: Target, as_json: Json = False) -> None:
    """Tell what is not deployed; with --json every changeset with its state and the reason. Writes nothing.

    [bold]Example:[/bold] dp schema status --unit operations --json
    """
    from data_platform.cli.schema_print import print_status
    from data_platform.schema.opening import opened
    from data_platform.schema.plan import make_plan, refuse_edits

    with opened(target) as it:
        _notices(it.changelog.notices)
        found = make_plan(it.changelog, it.database.history(), it.selection)
        print_status(found, it.database.where, as_json=as_json)
        refuse_edits(found)


@about_a_target()
def sql(target: Target) -> None:
    """Print the SQL that a deploy would run, for reading or for running by hand. Writes nothing.

    [bold]Example:[/bold] dp schema sql --unit operations
    """
    from data_platform.schema.opening import opened
    from data_platform.schema.plan import make_plan, refuse_edits

    with opened(target) as it:
        found = make_plan(it.changelog, it.database.history(), it.selection)
        refuse_edits(found)
        _script(it, found)


@about_a_target()
def rollback(
    target: Target,
    *,
    count: Annotated[int | None, typer.Option(min=1, help="Take back this many changesets.")] = None,
    tag: Annotated[str | None, typer.Option(help="Take back everything behind this tag.")] = None,
    date: Annotated[str | None, typer.Option(help="Take back what ran after this date, YYYY-MM-DD[ HH:MM:SS].")] = None,
    as_sql: AsSql = False,
    lock_wait: LockWait = WAIT,
    as_json: Json = False,
) -> None:
    """Take changesets back, newest first, by the rollbacks their authors wrote.

    [bold]Examples:[/bold] dp schema rollback --count 1 --unit operations

    dp schema rollback --tag v1.3 --sql --unit operations
    """
    from data_platform.cli.schema_print import print_undone
    from data_platform.schema.opening import opened
    from data_platform.schema.rollback import RollbackOptions
    from data_platform.schema.rollback import rollback as roll_back
    from data_platform.schema.rollback_plan import plan_rollback, read_until
    from data_platform.schema.script import rollback_script

    until = read_until(count, tag, date)
    with opened(target) as it:
        if as_sql:
            undone = plan_rollback(it.changelog, it.database.history(), until)
            print("\n".join(rollback_script(it.database, undone)))
            return
        undone = roll_back(it.database, it.changelog, until, RollbackOptions(lock_wait, tell))
    print_undone(undone, as_json=as_json)


def _script(it: Any, found: Any) -> None:
    from data_platform.schema.script import deploy_script

    print("\n".join(deploy_script(it.database, found)))


def _notices(notices: Any) -> None:
    for notice in notices:
        print(f"dp: {notice}", file=sys.stderr)


def _event(event: "Event") -> None:
    if event.kind != "failed" and (event.kind != "ran" or event.seconds > 1 or event.notices):
        seconds = f" ({event.seconds:.1f} s)" if event.kind == "ran" else ""
        tell("\n".join([f"{event}{seconds}", *(f"     {line}" for line in event.notices)]))
