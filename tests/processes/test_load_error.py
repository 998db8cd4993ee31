from pathlib import Path
from typing import Any

from data_platform.processes.load_error import read_load_error

ROOT = Path("/srv/platform")


def _error(message: str, *stack: str, causes: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"message": message, "stack": list(stack), "causes": list(causes)}


def _frame(path: str, line: int) -> str:
    return f'  File "{path}", line {line}, in load\n    something()\n'


def test_the_innermost_cause_is_told_with_the_last_place_in_the_repository() -> None:
    cause = _error(
        "ModuleNotFoundError: No module named 'flights'\n",
        _frame("/srv/platform/code_locations/fleet/definitions.py", 3),
        _frame("/srv/platform/code_locations/fleet/defs/planes.py", 17),
        _frame("/srv/platform/.venv/lib/python3.11/site-packages/dagster/x.py", 5),
    )
    outer = _error(
        "dagster._core.errors.DagsterUserCodeLoadError: Error occurred during the loading\n", causes=(cause,)
    )
    line, where = read_load_error(outer, ROOT)
    assert line == "ModuleNotFoundError: No module named 'flights'"
    assert where == "code_locations/fleet/defs/planes.py:17"


def test_a_syntax_error_is_told_with_its_own_place() -> None:
    place = '  File "/srv/platform/code_locations/fleet/defs/x.py", line 2\n'
    message = f"{place}    def (\n        ^\nSyntaxError: invalid syntax\n"
    stack = _frame("/srv/platform/code_locations/fleet/definitions.py", 1)
    assert read_load_error(_error(message, stack), ROOT) == (
        "SyntaxError: invalid syntax",
        "code_locations/fleet/defs/x.py:2",
    )


def test_an_error_of_the_platform_names_its_place_by_itself() -> None:
    error = _error(
        "data_platform.errors.UsageError: code_locations/fleet/unit.yaml:4: unknown key 'owner'",
        _frame("/srv/platform/code_locations/fleet/definitions.py", 5),
        _frame("/srv/platform/data_platform/units/card.py", 90),
    )
    assert read_load_error(error, ROOT) == (
        "code_locations/fleet/unit.yaml:4: unknown key 'owner'",
        None,
    )


def test_an_error_without_words_or_places_is_told_too() -> None:
    assert read_load_error(_error("\n"), ROOT) == ("no reason given", None)
