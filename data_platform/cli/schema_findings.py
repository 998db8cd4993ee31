"""How `dp schema` prints what is wrong: findings of lint, and drift. Exit code 1 when there is something."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from data_platform.cli.output import print_json, several

if TYPE_CHECKING:
    from data_platform.schema.drift import Difference
    from data_platform.schema.lint import Finding


def print_findings(findings: Sequence["Finding"], *, as_json: bool) -> None:
    """Lint findings, errors first; exit code 1 when one is an error."""
    errors = [finding for finding in findings if finding.severity == "error"]
    _print(findings, f"{several(len(errors), 'error')}, {several(len(findings) - len(errors), 'warning')}", as_json)
    if errors:
        raise typer.Exit(1)


def print_differences(differences: Sequence["Difference"], *, as_json: bool) -> None:
    """Drift; exit code 1 when there is some."""
    _print(differences, f"{several(len(differences), 'difference')} to what the changelog builds", as_json)
    if differences:
        raise typer.Exit(1)


def _print(found: Sequence["Finding | Difference"], total: str, as_json: bool) -> None:
    if as_json:
        print_json([each.as_row() for each in found])
        return
    for each in found:
        print(each)
    print(total)
