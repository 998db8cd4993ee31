"""A unit's `definitions.py`, executed as its code server would import it."""

import runpy

import dagster as dg
from dagster.components.definitions import LazyDefinitions

from data_platform.errors import UsageError
from data_platform.units.unit import Unit

_NAME = "definitions.py"
_KINDS = (dg.Definitions, dg.RepositoryDefinition, LazyDefinitions)
_ANCHOR = "unit-definitions"


def execute_definitions_file(unit: Unit) -> None:
    """Execute it, and see that it holds definitions. Those are not evaluated: see `unit_definitions`.

    Raises:
        UsageError: it does not exist, or holds no definitions.
        Exception: whatever the unit's own Python raises.
    """
    file, folder = unit.folder / _NAME, unit.folder.relative_to(unit.root)
    if not file.exists():
        raise UsageError(f"there is no {_NAME}", where=folder, fix="copy that of another unit", anchor=_ANCHOR)
    held = runpy.run_path(str(file), run_name=f"{unit.folder.parent.name}.{unit.folder.name}.definitions")
    if not any(isinstance(value, _KINDS) for value in held.values()):
        raise UsageError(
            "holds no definitions",
            where=folder / _NAME,
            fix="write `defs = business_unit(Path(__file__).parent)` into it",
            anchor=_ANCHOR,
        )
