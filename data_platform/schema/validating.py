"""Lint of whole targets: of one, of every unit, of the changelogs that some files belong to."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data_platform.schema.lint import Finding, Options, lint
from data_platform.schema.opening import opened, read_target
from data_platform.schema.target import SCHEMA_FOLDER, Target, changelog_target

# where a changelog belongs to no database yet, it is looked at as one for this
_ANY_POSTGRES = "postgresql://localhost/any"


def validate_target(
    target: Target, *, allow: frozenset[str], convention: bool, files: frozenset[Path] | None = None
) -> Sequence[Finding]:
    """All lint findings of a target's changelog; with a database, edits of what ran there too.

    Args:
        files: report on these only; the others still tell what exists.

    Raises:
        ChangelogError: the changelog cannot be read.
    """
    options = Options(allowed=allow, convention=target.changelog if convention else None, files=files)
    if target.unit or not target.database:
        # a unit's database is looked at by a deploy: this must work where there is none
        changelog, selection = read_target(replace(target, database=target.database or _ANY_POSTGRES))
        return lint(changelog.changesets, selection.dbms, options)
    with opened(target) as it:
        checked = replace(options, history=it.database.history(), selection=it.selection)
        return lint(it.changelog.changesets, it.database.dbms, checked)


def all_targets() -> list[Target]:
    """The changelogs of all units that have one, and the platform's own.

    Raises:
        UsageError: a unit's card is wrong.
    """
    from data_platform.environment import current_environment
    from data_platform.schema.platform_tables import CHANGELOG
    from data_platform.units.unit import find_units

    units = [unit for unit in find_units(current_environment(), []) if unit.schema_key]
    return [*map(changelog_target, units), Target(changelog=CHANGELOG, database="", search_path=(CHANGELOG,))]


def targets_of_files(files: Sequence[Path]) -> list[Target]:
    """The changelogs of the units to which these files belong."""
    folders = {folder for file in files for folder in file.resolve().parents if folder.name == SCHEMA_FOLDER}
    return [target for target in all_targets() if target.changelog.resolve() in folders]
