"""The convention of a unit's `schema/` folder: by it everybody finds the SQL of an object.

<area>/<NNN>_<what>.sql            numbered steps; run once, in the order of their paths
<area>/functions/<object>.sql      repeatable: CREATE OR REPLACE, runOnChange:true; run after the area's steps
<area>/views/<object>.sql
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from data_platform.schema.changeset import Changeset
from data_platform.schema.lint.actions import Create, CreateIndex
from data_platform.schema.lint.alterations import AddColumn
from data_platform.schema.lint.changelog_rules import Remark
from data_platform.schema.lint.names import Part
from data_platform.schema.lint.statements import Done

REPEATABLE = {"views": ("VIEW",), "functions": ("FUNCTION", "PROCEDURE", "MACRO", "AGGREGATE")}

_AREA = re.compile(r"(?:\d+_)?[a-z][a-z0-9_]*")  # a number says which area comes first
_STEP = re.compile(r"(?P<number>\d{3,})_[a-z0-9]+(?:_[a-z0-9]+)*\.sql")
_OBJECT_FILE = re.compile(r"(?:[a-z_][a-z0-9_]*\.)?(?P<object>[a-z_][a-z0-9_]*)\.sql")
_OBJECT = re.compile(r"[a-z_][a-z0-9_]*")


def files(changesets: Sequence[Changeset], root: Path) -> Iterator[Remark]:
    """Files that are not where, or not called as, the convention says."""
    numbers: dict[tuple[PurePath, int], PurePath] = {}
    first_of: dict[Path, Changeset] = {}
    for changeset in changesets:
        first_of.setdefault(changeset.source, changeset)
    for first in first_of.values():
        path = _within(first, root)
        if path is None or path.suffix != ".sql":
            continue
        *areas, last = path.parts
        if areas and areas[-1] in REPEATABLE:
            areas.pop()
            fits = len(areas) == 1 and _OBJECT_FILE.fullmatch(last)
        else:
            fits = len(areas) == 1 and _STEP.fullmatch(last)
        if not fits or not _AREA.fullmatch(areas[0]):
            yield Remark("file-name", f"{path} is not called by the convention", first, line=1)
        elif step := _STEP.fullmatch(last):
            other = numbers.setdefault((path.parent, int(step["number"])), path)
            if other != path:
                yield Remark("file-name", f"{path} has the number of {other.name}", first, line=1)


def check(changeset: Changeset, done: Sequence[Done], root: Path, dialect: str) -> Iterator[Remark]:
    """Names in a changeset, and whether it is repeatable where it must be."""
    path = _within(changeset, root)
    if path is None or path.suffix != ".sql":
        return
    if not changeset.identity.author.strip():
        yield Remark("author", "the changeset has no author", changeset)
    kinds = REPEATABLE.get(path.parent.name)
    yield from _repeatable(changeset, done, path, kinds) if kinds else _numbered(changeset)
    for each in done:
        for part in _written(each):
            if not _OBJECT.fullmatch(part.text) and not (dialect == "snowflake" and part.text.isupper()):
                yield Remark("object-name", f"the name {part.text} is not in lower case", changeset, each.line)


def ids(changesets: Sequence[Changeset], root: Path) -> Iterator[Remark]:
    """Ids that a file has twice, by different authors."""
    seen: dict[tuple[Path, str], Changeset] = {}
    for changeset in changesets:
        other = seen.setdefault((changeset.source, changeset.identity.id), changeset)
        if other.identity.author != changeset.identity.author and _within(changeset, root) is not None:
            message = f"the id {changeset.identity.id} is in line {other.line} already"
            yield Remark("repeated-id", message, changeset)


def _repeatable(changeset: Changeset, done: Sequence[Done], path: PurePath, kinds: tuple[str, ...]) -> Iterator[Remark]:
    if not changeset.run_on_change:
        yield Remark("repeatable", f"a changeset in {path.parent.name}/ lacks runOnChange:true", changeset)
    expected = path.stem.rpartition(".")[2]
    for each in done:
        made = each.action
        if not isinstance(made, Create):
            continue
        what = f"{made.kind.lower()} {made.name}"
        if not made.kind.endswith(kinds):
            yield Remark("repeatable", f"{what} does not belong in {path.parent.name}/", changeset, each.line)
        elif made.name.name != expected:
            yield Remark("repeatable", f"{what} is not what the file is named after", changeset, each.line)
        elif not made.replace and made.kind != "MATERIALIZED VIEW":
            yield Remark("repeatable", f"{what} is made without OR REPLACE", changeset, each.line)


def _numbered(changeset: Changeset) -> Iterator[Remark]:
    if changeset.run_on_change:
        yield Remark("repeatable", "a changeset with runOnChange is in a numbered file, not in views/", changeset)


def _written(done: Done) -> tuple[Part, ...]:
    return done.action.parts if isinstance(done.action, Create | CreateIndex | AddColumn) else ()


def _within(changeset: Changeset, root: Path) -> PurePath | None:
    source, folder = changeset.source.resolve(), root.resolve()
    return PurePath(source.relative_to(folder)) if source.is_relative_to(folder) else None
