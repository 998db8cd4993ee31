"""`dp schema` validate, tag, history, baseline, unlock and diff: what keeps changelogs and databases in order."""

import json
from pathlib import Path
from typing import Annotated

import typer

from data_platform.cli.schema_options import WAIT, AsSql, Json, LockWait, about_a_target, tell
from data_platform.cli.schema_target import required_changelog
from data_platform.schema.target import Target


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
    from data_platform.cli.schema_findings import print_findings
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


@about_a_target(changelog=False)
def tag(target: Target, name: Annotated[str, typer.Argument(help="The tag.")], lock_wait: LockWait = WAIT) -> None:
    """Put a tag on the last changeset that ran, to roll back to.

    [bold]Example:[/bold] dp schema tag v1.4 --unit operations
    """
    from data_platform.schema.baseline import tag as put_tag
    from data_platform.schema.opening import connected

    with connected(target) as database:
        tagged = put_tag(database, name, wait_seconds=lock_wait, tell=tell)
    print(f"{tagged.identity} bears the tag {name}")


@about_a_target(changelog=False)
def history(target: Target, as_json: Json = False) -> None:
    """List what ran here, oldest first.

    [bold]Example:[/bold] dp schema history --unit operations
    """
    from data_platform.cli.schema_print import print_history
    from data_platform.schema.opening import connected

    with connected(target) as database:
        print_history(database.history(), as_json=as_json)


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
    lock_wait: LockWait = WAIT,
    as_json: Json = False,
) -> None:
    """Adopt an existing database: record the changelog as run, without running anything.

    [bold]Example:[/bold] dp schema baseline --database postgresql://app@db/app --write db/
    """
    from data_platform.cli.schema_print import print_baseline
    from data_platform.schema.adopting import adopt, forget_checksums, script

    if clear_checksums:
        count = forget_checksums(target, wait_seconds=lock_wait, tell=tell)
        print(f"the checksums of {count} changesets are cleared")
    elif as_sql:
        print("\n".join(script(target, only_next=only_next)))
    else:
        adopted = adopt(target, write=write, author=author, only_next=only_next, wait_seconds=lock_wait, tell=tell)
        print_baseline(adopted, as_json=as_json)


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


@about_a_target()
def diff(target: Target, as_json: Json = False) -> None:
    """Tell what somebody changed by hand: the database against what its deployed changesets build.

    Exit code 1 when there is a difference.

    [bold]Example:[/bold] dp schema diff --unit operations
    """
    from data_platform.cli.schema_findings import print_differences
    from data_platform.schema.deploying import drift_of

    print_differences(drift_of(target, lambda line: tell(f"dp: {line}")), as_json=as_json)
