"""Positions in a CSV file, for messages: which line a value stands on, and where the file breaks the rules.

DuckDB reads the data; this walk with Python's own reader only runs over the header, and after a load has failed.
"""

import csv
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Record:
    """One record: the line (1-based) it begins on, its fields, and the line end behind it."""

    line: int
    fields: list[str]
    end: str


def records(file: Path) -> Iterator[Record]:
    """The records of a UTF-8 CSV file, the header first; blank lines are skipped.

    Raises:
        csv.Error: the quotes are wrong; its arguments are the line the record begins on, and the reason.
        UnicodeDecodeError: the file is not UTF-8.
    """
    last = ""

    def lines() -> Iterator[str]:
        nonlocal last
        for last in stream:  # noqa: UP028 - the reader's last line is needed for its line end
            yield last

    limit = csv.field_size_limit(sys.maxsize)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(lines(), strict=True)
            line = 1
            for fields in reader:
                if fields:
                    yield Record(line, fields, last[len(last.rstrip("\r\n")) :])
                line = reader.line_num + 1
    except csv.Error as error:
        raise csv.Error(line, str(error)) from error
    finally:
        csv.field_size_limit(limit)


def line_of(file: Path, record: int, field: int) -> int:
    """The line on which a field begins, 1-based.

    Args:
        file: a well-formed CSV file.
        record: number of the data record, 1-based, the header not counted.
        field: index of the field in the record.
    """
    for number, found in enumerate(records(file)):
        if number == record:
            return found.line + sum(len(LINE_END.findall(text)) for text in found.fields[:field])
    raise IndexError(record)


def first_defect(file: Path) -> tuple[int, str] | None:
    """The line and the reason of the first place that breaks the rules of CSV; None when there is none."""
    header = None
    try:
        for record in records(file):
            header = header or record
            if len(record.fields) != len(header.fields):
                return record.line, f"{len(record.fields)} fields where the header has {len(header.fields)}"
            if record.end and record.end != header.end:
                return record.line, f"the line ends with {record.end!r}, the header with {header.end!r}"
    except csv.Error as error:
        line, reason = error.args
        return line, f"the quotes are wrong: {reason}"
    except UnicodeDecodeError:
        return _first_undecodable(file), "the text is not UTF-8"
    return None


def _first_undecodable(file: Path) -> int:
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            with suppress(UnicodeDecodeError):
                line.decode()
                continue
            return number
    return 1
