"""How commands print: a table for people, JSON for programs."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any, Literal, TextIO

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


_UNBROKEN = 1000


def print_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool, title: str | None = None) -> None:
    """Print rows as a table, or as a JSON list of objects with the same keys."""
    if as_json:
        print_json(list(rows))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for position, column in enumerate(rows[0] if rows else ()):
        numeric = all(isinstance(row[column], int | float) for row in rows)
        # names, numbers and words are never broken; texts are, where the terminal is narrow
        whole = position == 0 or numeric or max(len(_text(row[column])) for row in rows) <= 12
        justify: Literal["left", "right"] = "right" if numeric else "left"
        table.add_column(column.replace("_", " "), justify=justify, overflow="fold", no_wrap=whole)
    for row in rows:
        table.add_row(*(_text(value) for value in row.values()))
    # a file or a pipe has no width: nothing is broken there
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _UNBROKEN
    Console(width=width).print(table)


def print_json(data: Any) -> None:
    """Print data as JSON; what JSON has no type for, as text."""
    print(json.dumps(data, indent=2, default=str))


def several(count: int, noun: str) -> str:
    """A number of things in words, as in `1 changeset`, `2,000 changesets`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def nobody_reads(stream: TextIO) -> None:
    """Let what goes to a stream whose reader has gone (`dp unit list | head`) go nowhere."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)
