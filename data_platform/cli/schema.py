"""`dp schema`: deploys of changelogs in Liquibase's format, to PostgreSQL, DuckDB and Snowflake."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data_platform.cli.schema_align import align
from data_platform.cli.schema_options import about_a_target, required_changelog
from data_platform.schema.target import Target

if TYPE_CHECKING:
    from data_platform.schema.events import Event

app = typer.Typer(help="Schema deploys in Liquibase's format.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LockWait = Annotated[
    float, typer.Option("--lock-wait", min=0, help="Seconds to wait for somebody else's deploy; 0 does not wait.")
]
AsSql = Annotated[bool, typer.Option("--sql", help="Print the SQL, and do nothing.")]
_WAIT = 300.0


@app.command()
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


@app.command()
@about_a_target()
def deploy(
    target: Target,
    *,
    allow: Annotated[
        list[str] | None, typer.Option(help="Consent to findings of a rule or kind, such as `destructive`.")
    ] = None,
    lint: Annotated[bool, typer.Option(help="Refuse destructive steps without consent.")] = True,
    to_tag: Annotated[str | None, typer.Option(help="Only up to the changeset that sets this tag.")] = None,
    lock_wait: LockWait = _WAIT,
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
        notice=lambda line: _tell(f"dp: {line}"),
    )
    print_outcome(outcome, as_json=as_json)


@app.command()
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


@app.command()
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


@app.command()
@about_a_target(changelog=False, database=False)
def validate(
    target: Target,
    files: Annotated[
        list[Path] | None, typer.Argument(help="With --files: report on these files of units' changelogs only.")
    ] = None,
    *,
    allow: Annotated[list[str] | None, typer.Option(help="Consent to findings, such as `destructive`.")] = None,
    convention: Annotated[bool | None, typer.Option(help="Check names and folders too (a unit's always are).")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every unit's changelog, and the platform's own.")] = False,
    of_files: Annotated[bool, typer.Option("--files", help="The changelogs of the files that follow.")] = False,
    as_json: Json = False,
) -> None:
    """Check a changelog: what cannot be read, what destroys or locks, what was edited after it ran.

    With --database its history is compared, too. Exit code 1 when something is wrong.

    [bold]Examples:[/bold] dp schema validate --changelog db/ --allow destructive

    dp schema validate --all
    """
    from data_platform.cli.schema_print import print_findings
    from data_platform.schema.validating import all_targets, targets_of_files, validate_target

    if all_:
        targets = all_targets()
    elif of_files:
        targets = targets_of_files(files or [])
    else:
        targets = [required_changelog(target)]
    findings = [
        finding
        for each in targets
        for finding in validate_target(
            each,
            allow=frozenset(allow or ()),
            convention=bool(each.unit) if convention is None else convention,
            files=frozenset(files) if of_files and files else None,
        )
    ]
    print_findings(findings, as_json=as_json)


@app.command()
@about_a_target(changelog=False)
def tag(target: Target, name: Annotated[str, typer.Argument(help="The tag.")], lock_wait: LockWait = _WAIT) -> None:
    """Put a tag on the last changeset that ran, to roll back to.

    [bold]Example:[/bold] dp schema tag v1.4 --unit operations
    """
    from data_platform.schema.baseline import tag as put_tag
    from data_platform.schema.opening import connected

    with connected(target) as database:
        tagged = put_tag(database, name, wait_seconds=lock_wait, tell=_tell)
    print(f"{tagged.identity} bears the tag {name}")


@app.command()
@about_a_target()
def rollback(
    target: Target,
    *,
    count: Annotated[int | None, typer.Option(min=1, help="Take back this many changesets.")] = None,
    tag: Annotated[str | None, typer.Option(help="Take back everything behind this tag.")] = None,
    date: Annotated[str | None, typer.Option(help="Take back what ran after this date, YYYY-MM-DD[ HH:MM:SS].")] = None,
    as_sql: AsSql = False,
    lock_wait: LockWait = _WAIT,
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
        undone = roll_back(it.database, it.changelog, until, RollbackOptions(lock_wait, _tell))
    print_undone(undone, as_json=as_json)


@app.command()
@about_a_target(changelog=False)
def history(target: Target, as_json: Json = False) -> None:
    """List what ran here, oldest first.

    [bold]Example:[/bold] dp schema history --unit operations
    """
    from data_platform.cli.schema_print import print_history
    from data_platform.schema.opening import connected

    with connected(target) as database:
        print_history(database.history(), as_json=as_json)


@app.command()
@about_a_target(changelog=False)
def baseline(
    target: Target,
    *,
    write: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="First write the database's objects out as a changelog there.")
    ] = None,
    author: Annotated[str, typer.Option(help="Author of the changesets that are written.")] = "baseline",
    only_next: Annotated[bool, typer.Option("--next", help="Only the first changeset that has not run.")] = False,
    clear_checksums: Annotated[
        bool, typer.Option("--clear-checksums", help="Forget all checksums: edited texts are accepted as they are.")
    ] = False,
    as_sql: AsSql = False,
    lock_wait: LockWait = _WAIT,
    as_json: Json = False,
) -> None:
    """Adopt an existing database: record the changelog as run, without running anything.

    [bold]Example:[/bold] dp schema baseline --database postgresql://app@db/app --write db/
    """
    from data_platform.cli.schema_print import print_baseline
    from data_platform.schema.adopting import adopt, forget_checksums, script

    if clear_checksums:
        count = forget_checksums(target, wait_seconds=lock_wait, tell=_tell)
        print(f"the checksums of {count} changesets are cleared")
    elif as_sql:
        print("\n".join(script(target, only_next=only_next)))
    else:
        adopted = adopt(target, write=write, author=author, only_next=only_next, wait_seconds=lock_wait, tell=_tell)
        print_baseline(adopted, as_json=as_json)


@app.command()
@about_a_target(changelog=False)
def unlock(
    target: Target,
    show: Annotated[bool, typer.Option("--show", help="Only tell who holds the lock.")] = False,
    as_json: Json = False,
) -> None:
    """Tell who holds the changelog lock, and clear one that a dead Liquibase left.

    Our own lock ends with its session: it needs nobody's help.

    [bold]Example:[/bold] dp schema unlock --unit operations
    """
    from data_platform.schema.opening import connected

    with connected(target) as database:
        holder = database.holder()
        released = bool(holder and holder.in_table and not show and database.force_release(holder))
    if as_json:
        who = holder and {"who": holder.who, "since": holder.since, "in_table": holder.in_table}
        print(json.dumps({"holder": who, "released": released}, default=str))
    elif holder is None:
        print("nobody holds the changelog lock")
    elif released:
        print(f"the changelog lock was held by {holder}; it is free now")
    elif holder.in_table and show:
        print(f"the changelog lock is held by {holder}")
    else:
        print(f"the changelog lock is held by {holder}, and ends with its session: end that deploy to free it")
        raise typer.Exit(0 if show else 1)


@app.command()
@about_a_target()
def diff(target: Target, as_json: Json = False) -> None:
    """Tell what somebody changed by hand: the database against what its deployed changesets build.

    Exit code 1 when there is a difference.

    [bold]Example:[/bold] dp schema diff --unit operations
    """
    from data_platform.cli.schema_print import print_differences
    from data_platform.schema.deploying import drift_of

    print_differences(drift_of(target), as_json=as_json)


app.command()(align)


def _script(it: Any, found: Any) -> None:
    from data_platform.schema.script import deploy_script

    print("\n".join(deploy_script(it.database, found)))


def _notices(notices: Any) -> None:
    for notice in notices:
        print(f"dp: {notice}", file=sys.stderr)


def _event(event: "Event") -> None:
    if event.kind != "failed" and (event.kind != "ran" or event.seconds > 1 or event.notices):
        seconds = f" ({event.seconds:.1f} s)" if event.kind == "ran" else ""
        _tell("\n".join([f"{event}{seconds}", *(f"     {line}" for line in event.notices)]))


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
