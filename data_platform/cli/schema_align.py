"""`dp schema align`: desired state in files, compared with a database and applied."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data_platform.cli.caller import tell
from data_platform.cli.output import several
from data_platform.errors import UsageError

if TYPE_CHECKING:
    from data_platform.schema.align import AlignPlan

_ABOUT, _DO = "What it is about", "What it does"


def align(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...", help="Files or folders of desired state; none means the unit's alignment/."
        ),
    ] = None,
    *,
    unit: Annotated[str | None, typer.Option("--unit", "-u", help="A unit.", rich_help_panel=_ABOUT)] = None,
    region: Annotated[str | None, typer.Option(help="What ${region} stands for.", rich_help_panel=_ABOUT)] = None,
    environment: Annotated[
        str | None,
        typer.Option(help="What ${environment} stands for (DATA_PLATFORM_ENVIRONMENT).", rich_help_panel=_ABOUT),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            help="Any database: postgresql://…, duckdb:///file or snowflake://….",
            envvar="DATA_PLATFORM_SCHEMA_DATABASE",
            rich_help_panel=_ABOUT,
        ),
    ] = None,
    property_: Annotated[
        list[str] | None,
        typer.Option("--property", "-D", metavar="NAME=VALUE", help="A further variable.", rich_help_panel=_ABOUT),
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print the steps, and do nothing (the default).", rich_help_panel=_DO)
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Run the steps.", rich_help_panel=_DO)] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Print the steps; exit code 1 if there are any.", rich_help_panel=_DO)
    ] = False,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="drop|revoke", help="Consent, with --apply.", rich_help_panel=_DO)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Save the plan, to apply exactly this one later.", rich_help_panel=_DO)
    ] = None,
    saved: Annotated[
        Path | None,
        typer.Option(help="With --apply: a saved plan, refused if the database has changed.", rich_help_panel=_DO),
    ] = None,
    lock_wait: Annotated[
        float, typer.Option("--lock-wait", min=0, help="Seconds to wait for another alignment.", rich_help_panel=_DO)
    ] = 60.0,
    as_sql: Annotated[bool, typer.Option("--sql", help="Print the SQL instead of a table.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Bring roles, grants, schemas, views … of a database to what files say; without --apply only tell how.

    [bold]Examples:[/bold] dp schema align access/ --database postgresql://admin@db/app

    dp schema align --unit operations --apply --allow revoke
    """
    from data_platform.schema.align import align_target, apply_alignment, apply_plan, load, plan_alignment, save

    _refuse_contradictions(
        plan=plan, apply=apply, check=check, out=out, saved=saved, allow=allow, paths=paths, unit=unit
    )
    consent = frozenset(allow or ())
    if saved:
        if not database:
            raise UsageError("it is not said which database", fix="give --database, as when the plan was made")
        made = apply_plan(database, load(saved), allow=consent, wait_seconds=lock_wait, tell=tell)
    else:
        target = align_target(
            paths or (),
            database=database,
            unit=unit,
            region=region,
            environment=environment,
            properties=dict(_pair(text) for text in property_ or ()),
        )
        if apply:
            made = apply_alignment(target.database, target.files, allow=consent, wait_seconds=lock_wait, tell=tell)
        else:
            made = plan_alignment(target.database, target.files)
    if out:
        save(made, out)
    _print(made, applied=apply, as_sql=as_sql, as_json=as_json)
    if check and made.steps:
        raise typer.Exit(1)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"--property {text!r} is not NAME=VALUE")
    return name.strip(), value


def _refuse_contradictions(**asked: Any) -> None:
    if sum(bool(asked[name]) for name in ("plan", "apply", "check")) > 1:
        raise UsageError("--plan, --apply and --check exclude each other")
    if asked["out"] and asked["apply"]:
        raise UsageError("--out saves a plan that is not applied", fix="leave out --apply, and apply it with --saved")
    if asked["saved"] and not asked["apply"]:
        raise UsageError("--saved is for --apply")
    if asked["saved"] and (asked["paths"] or asked["unit"]):
        raise UsageError("a saved plan knows its files", fix="leave out files and --unit")
    unknown = sorted(set(asked["allow"] or ()) - {"drop", "revoke"})
    if unknown:
        raise UsageError(f"--allow {unknown[0]} is unknown", fix="allow drop or revoke")


def _print(made: "AlignPlan", *, applied: bool, as_sql: bool, as_json: bool) -> None:
    if as_json:
        steps = [step.as_row() for step in made.steps]
        head = {"alignment": made.alignment, "database": made.database, "state": made.state, "applied": applied}
        print(json.dumps(head | {"needs": made.needs, "steps": steps, "notes": made.notes}, indent=2))
        return
    for note in made.notes:
        tell(f"dp: {note}")
    if as_sql:
        for step in made.steps:
            print("\n".join(f"{statement};" for statement in step.sql))
        return
    if made.steps:
        from data_platform.cli.output import print_rows

        rows = [
            {"step": step.kind, "object": step.object, "consent": step.consent or "", "why": step.reason}
            for step in made.steps
        ]
        print_rows(rows, as_json=False)
    print(_summary(made, applied=applied))


def _summary(made: "AlignPlan", *, applied: bool) -> str:
    count = len(made.steps)
    if not count:
        return f"nothing to do: {made.database} is as the files say"
    steps = several(count, "step")
    if applied:
        return f"{steps} applied to {made.database}"
    needs = " ".join(f"--allow {need}" for need in made.needs)
    return f"{steps} for {made.database}{f'; applying needs {needs}' if needs else ''}"
