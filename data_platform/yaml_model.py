"""YAML files written by hand, read into a pydantic model; every mistake is told with file and line."""

import difflib
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from data_platform.errors import UsageError

ModelT = TypeVar("ModelT", bound=BaseModel)
Location = tuple[int | str, ...]
UNREPEATED = "unrepeated"  # type of a pydantic error whose input must not be repeated


def read_model(path: Path, model: type[ModelT], *, shown_as: Path | None = None) -> ModelT:
    """Read a YAML file into a model.

    Args:
        path: the file.
        model: the pydantic model the file's top-level mapping must fit.
        shown_as: how errors name the file; defaults to `path`.

    Raises:
        UsageError: the file is missing, is no YAML, or does not fit; the first mistake, at its line.
    """
    shown = shown_as or path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError("the file does not exist", where=shown, fix="create it, or correct the path") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"is not UTF-8 text (byte {error.start})", where=shown, fix="save it as UTF-8") from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise UsageError(f"is not valid YAML: {error.problem}", where=shown, line=line) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"is not valid YAML: {error}", where=shown) from None
    if not isinstance(document, dict):
        raise UsageError("must hold a mapping of keys to values", where=shown, line=1)
    try:
        return model.model_validate(document)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        # a misspelt key is also a missing one: the spelling is what to tell
        mistake = next((found for found in mistakes if found["type"] == "extra_forbidden"), mistakes[0])
        raise UsageError(
            _what(mistake),
            where=shown,
            line=line_of(root, mistake["loc"]),
            fix=_fix(mistake, model),
            anchor="yaml-files",
        ) from None


def _what(mistake: ErrorDetails) -> str:
    place = ".".join(str(part) for part in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        return f"unknown key {str(mistake['loc'][-1])!r}"
    if mistake["type"] == "missing":
        return f"the key {place!r} is missing"
    message = mistake["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if mistake["type"] == UNREPEATED:
        return f"{place}: {message}"
    if isinstance(mistake["input"], (str, int, float, bool)) and repr(mistake["input"]) not in message:
        return f"{place}: {message}, not {mistake['input']!r}"
    return f"{place}: {message}" if place else message


def _fix(mistake: ErrorDetails, model: type[BaseModel]) -> str | None:
    if mistake["type"] != "extra_forbidden":
        return None
    known = list(_fields_at(model, mistake["loc"][:-1]))
    close = difflib.get_close_matches(str(mistake["loc"][-1]), known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    for part in location:
        field = model.model_fields.get(str(part))
        if field is None:
            continue
        for candidate in (field.annotation, *get_args(field.annotation)):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
    return [field.alias or name for name, field in model.model_fields.items()]


def line_of(node: yaml.Node | None, location: Location) -> int | None:
    """The 1-based line of the deepest part of `location` that the file holds."""
    line = node.start_mark.line + 1 if node else None
    for part in location:
        found: Any = None
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = (node.value[part], node.value[part])
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
