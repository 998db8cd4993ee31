"""What a YAML file's model says of itself: its JSON schema for editors, and tables of its keys for readers."""

import json
import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_HEAD = ["| key | type | default | meaning |", "|---|---|---|---|"]


def json_schema(model: type[BaseModel], title: str) -> str:
    """The JSON schema of a file (draft 2020-12), as text."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema |= model.model_json_schema()
    schema["title"] = title
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def key_table(model: type[BaseModel], *, nested: bool = True) -> list[str]:
    """A table of the model's keys, as lines of Markdown.

    Args:
        nested: whether the keys of mappings inside are listed too.
    """
    rows = _rows(model, "", nested)
    return [*_HEAD, *(f"| `{key}` | {kind} | {default} | {meaning} |" for key, kind, default, meaning in rows)]


def _rows(model: type[BaseModel], prefix: str, nested: bool) -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        if field.description is None:
            continue  # a key that is known only to be refused
        inner, many = _inner(field.annotation)
        key = field.alias or name
        yield f"{prefix}{key}", _kind(field.annotation), _default(field), field.description.replace("|", "\\|")
        if inner is not None and nested:
            yield from _rows(inner, f"{prefix}{key}{'[]' if many else ''}.", nested)


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model inside an annotation, and whether there is a list of it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for part in get_args(annotation):
        found, many = _inner(part)
        if found is not None:
            return found, many or get_origin(annotation) is list
    return None, False


def _kind(annotation: Any) -> str:
    if get_origin(annotation) in {Union, types.UnionType}:
        return _kind(next(part for part in get_args(annotation) if part is not type(None)))
    if get_origin(annotation) is list:
        return f"list of {_kind(get_args(annotation)[0])}"
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    plain = get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    return {str: "text", int: "whole number", float: "number", bool: "yes or no"}.get(plain, str(plain))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is True or value is False:
        return f"`{str(value).lower()}`"
    return "" if value in (None, "", []) or isinstance(value, BaseModel) else f"`{value}`"
