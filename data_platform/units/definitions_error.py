"""From what Dagster raises for a unit's `defs/` folder to one line with the file and line at fault."""

import re
import traceback
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import yaml
from pydantic import ValidationError

from data_platform.errors import DataPlatformError, UsageError
from data_platform.yaml_model import line_of

_PLACED = re.compile(r"`?(?P<key>\S*) at (?P<file>.+):(?P<line>\d+)`?$")
_RESOLVED = re.compile(r"^(?P<file>/.+?):(?P<line>\d+) - (?P<key>\S+)")
_BUSY_WITH = re.compile(r"Error while (?:loading component|building definitions for) (\S+)\[\d+\]")
_UNSET = re.compile(r"\benv\.(\w+)")
_TYPE = re.compile(r"^type: *['\"]?([\w.]+)", re.MULTILINE)
_ANCHOR = "unit-definitions"


def definitions_error(error: BaseException, folder: Path, root: Path) -> DataPlatformError:
    """The error that a person is shown for definitions that do not load.

    Args:
        error: what was raised; its causes are followed.
        folder: the unit's, as in `code_locations/<unit>`.
        root: the repository's; places are given from there.
    """
    causes = list(_causes(error))
    known = next((cause for cause in causes if isinstance(cause, DataPlatformError)), None)
    if known is not None:
        return known
    what, file, line, fix = _told(causes[-1], folder, _loaded(causes, folder))
    file = file and file.resolve()
    shown = file.relative_to(root) if file and file.is_relative_to(root) else file
    return UsageError(what[:300], where=shown or folder.relative_to(root), line=line, fix=fix, anchor=_ANCHOR)


def raised_by_unit(error: BaseException, folder: Path) -> bool:
    """Whether the unit's own Python raised it: its traceback then says more than a line can."""
    innermost = list(_causes(error))[-1]
    files = [frame.filename for frame in traceback.extract_tb(innermost.__traceback__)]
    if isinstance(innermost, SyntaxError) and innermost.filename:
        files.append(innermost.filename)
    # code servers import it by way of a link
    return any(Path(file).resolve().is_relative_to(folder.resolve()) for file in files)


def _loaded(causes: list[BaseException], folder: Path) -> Path | None:
    """The component's file that Dagster was busy with."""
    for cause in causes:
        if found := _BUSY_WITH.match(str(cause)):
            file = folder / "defs" / found.group(1) / "defs.yaml"
            return file if file.exists() else None
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


_Told = tuple[str, Path | None, int | None, str | None]


def _told(error: BaseException, folder: Path, loaded: Path | None) -> _Told:
    """What is wrong, the file, the line, and what to do."""
    if isinstance(error, ValidationError):
        return _invalid(error, loaded)
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f"is not valid YAML: {error.problem}", Path(str(mark.name)), mark.line + 1, None
    if isinstance(error, SyntaxError) and error.filename:
        return f"is not valid Python: {error.msg}", Path(error.filename), error.lineno, None
    message = str(error).strip() or type(error).__name__
    if resolved := _RESOLVED.match(message):
        last = message.splitlines()[-1].partition(": ")[2].partition(", available")[0]
        return f"{resolved['key']}: {last}", Path(resolved["file"]), int(resolved["line"]), None
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).resolve().is_relative_to(folder.resolve())]
    name = "" if type(error).__module__.startswith("dagster") else f"{type(error).__name__}: "
    if own:
        return f"{name}{message}", Path(own[-1].filename), own[-1].lineno, None
    return f"does not load: {name}{message}", *(_component(message, folder) or (loaded, None)), None


def _invalid(error: ValidationError, loaded: Path | None) -> _Told:
    mistakes = error.errors(include_url=False)
    missing = [_keys(mistake["loc"])[-1] for mistake in mistakes if mistake["type"] == "missing"]
    # a misspelt key is also a missing one: the spelling is what to tell
    first = next((mistake for mistake in mistakes if mistake["type"] == "extra_forbidden"), mistakes[0])
    keys, placed = _keys(first["loc"]), _PLACED.search(str(first["loc"][0])) if first["loc"] else None
    file = Path(placed["file"]) if placed else loaded
    line, text = _line(file, keys if placed else ["attributes", *keys]) if file else (None, "")
    line = line or (int(placed["line"]) if placed else None)
    key = ".".join(keys[keys[:1] == ["attributes"] :])
    if first["type"] == "extra_forbidden":
        close = get_close_matches(keys[-1], [*missing, *_keys_of(error.title)], n=1)
        return f"unknown key {key!r}", file, line, f"did you mean {close[0]!r}?" if close else None
    if first["type"] == "missing":
        return f"the key {key!r} is missing", file, line, None
    if first["input"] is None and (unset := _UNSET.search(text)):
        return f"{key}: has no value", file, line, f"set the environment variable {unset.group(1)}"
    given = f", not {first['input']!r}" if isinstance(first["input"], (str, int, float, bool)) else ""
    return f"{key or 'the file'}: {first['msg'][0].lower()}{first['msg'][1:]}{given}", file, line, None


def _keys(location: tuple[int | str, ...]) -> list[str]:
    """The way to a key, without the alternatives of its type that pydantic tried: `list[ColumnModel]`, `str`."""
    placed = _PLACED.search(str(location[0])) if location else None
    parts = placed["key"].split(".") if placed else [str(part) for part in location]
    return [part for part in parts if not re.search(r"\[|^(str|int|float|bool)$", part)] or [""]


def _line(file: Path, keys: list[str]) -> tuple[int | None, str]:
    """Number and text of the line that holds a key, or the nearest above it that does."""
    try:
        content = file.read_text(encoding="utf-8")
        number = line_of(
            yaml.compose(content, Loader=yaml.SafeLoader), tuple(int(k) if k.isdigit() else k for k in keys)
        )
    except (OSError, yaml.YAMLError):  # several documents in one file
        return None, ""
    return number, content.splitlines()[number - 1] if number else ""


def _keys_of(model: str) -> list[str]:
    """Keys of one of the platform's own components, by the name of its model."""
    from data_platform import components

    if model == "ComponentFileModel":
        return ["type", "attributes"]
    component = getattr(components, model.removesuffix("Model"), None)
    return list(getattr(component, "model_fields", {}))


def _component(message: str, folder: Path) -> tuple[Path, int] | None:
    """The `defs.yaml`, and its line, that names what the message says is not there."""
    for file in sorted(folder.rglob("defs.yaml")):
        text = file.read_text(encoding="utf-8", errors="replace")
        wanted = _TYPE.search(text)
        if not text.strip():
            return file, 1
        if wanted:
            module, _, name = wanted.group(1).rpartition(".")
            if module in message and (name in message or f"'{module}'" in message):
                return file, text[: wanted.start()].count("\n") + 1
    return None
