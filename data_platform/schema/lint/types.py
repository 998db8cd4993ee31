"""What changing a column's type means: whether values can be lost, and whether PostgreSQL writes the table anew."""

import re
from dataclasses import dataclass

_SYNONYMS = {
    "int": "integer", "int4": "integer", "signed": "integer", "serial": "integer", "serial4": "integer",
    "int8": "bigint", "long": "bigint", "bigserial": "bigint", "serial8": "bigint", "byteint": "tinyint",
    "int2": "smallint", "short": "smallint", "smallserial": "smallint", "serial2": "smallint", "int1": "tinyint",
    "float4": "real", "float8": "double", "double precision": "double",
    "decimal": "numeric", "dec": "numeric", "number": "numeric",
    "character varying": "varchar", "char varying": "varchar", "nvarchar": "varchar", "string": "varchar",
    "text": "varchar", "character": "char", "bpchar": "char", "nchar": "char",
    "bool": "boolean", "logical": "boolean",
    "timestamp without time zone": "timestamp", "timestamp_ntz": "timestamp", "datetime": "timestamp",
    "timestamp with time zone": "timestamptz", "timestamp_ltz": "timestamptz", "timestamp_tz": "timestamptz",
    "time without time zone": "time", "bytea": "blob", "binary": "blob", "varbinary": "blob",
}  # fmt: skip
_INTEGERS = ("tinyint", "smallint", "integer", "bigint", "hugeint")
_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "hugeint": 39}
_TYPE = re.compile(r"(?P<base>[^(\[]*)(?:\((?P<args>[^)]*)\))?(?P<rest>.*)", re.DOTALL)
# what loses nothing, beside the rules for lengths and digits
_WIDER = {
    ("real", "double"), ("smallint", "real"), ("tinyint", "real"), ("tinyint", "double"), ("smallint", "double"),
    ("integer", "double"), ("date", "timestamp"), ("date", "timestamptz"), ("timestamp", "timestamptz"),
    ("json", "jsonb"), ("cidr", "inet"), ("boolean", "integer"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SqlType:
    """A type: its one name, its length or digits, and what follows (array brackets)."""

    base: str
    sizes: tuple[int, ...] = ()
    rest: str = ""


def sql_type(text: str, dialect: str) -> SqlType:
    """Read a type such as `character varying(20)`; one that is not known keeps its name."""
    found = _TYPE.fullmatch(" ".join(text.lower().split()))
    assert found is not None  # noqa: S101 - every part is optional
    base, args, rest = found["base"].strip(), found["args"] or "", found["rest"].strip()
    if rest.startswith(("with ", "without ", "varying")):  # timestamp(3) with time zone
        base, rest = f"{base} {rest}", ""
    sizes = tuple(int(each) for each in args.split(",") if each.strip().isdigit())
    if base == "float":
        base = "real" if dialect == "duckdb" or (sizes and sizes[0] <= 24) else "double"
        sizes = ()
    base = _SYNONYMS.get(base, base)
    if dialect == "snowflake" and base in _INTEGERS:
        base, sizes = "numeric", (38, 0)
    if base == "varchar" and dialect == "duckdb":
        sizes = ()  # DuckDB forgets the length
    if base == "numeric" and not sizes and dialect != "postgresql":
        sizes = (18, 3) if dialect == "duckdb" else (38, 0)
    if base == "numeric" and len(sizes) == 1:
        sizes = (sizes[0], 0)
    return SqlType(base, sizes, rest.replace(" ", ""))


def keeps_values(old: SqlType, new: SqlType) -> bool:
    """Whether every value of the old type is one of the new type, unchanged."""
    is_text = new.base == "varchar" and not new.sizes and not new.rest
    if old == new or is_text or old.rest or new.rest:
        return old == new or is_text
    if old.base in ("varchar", "char") and new.base in ("varchar", "char"):
        return _fits_length(old, new)
    if new.base == "numeric":
        return _fits_digits(old, new)
    if old.base in _INTEGERS and new.base in _INTEGERS:
        return _INTEGERS.index(old.base) < _INTEGERS.index(new.base)
    if old.base == new.base:  # another precision of a time
        return not new.sizes or (bool(old.sizes) and new.sizes > old.sizes)
    return (old.base, new.base) in _WIDER


def rewrites(old: SqlType, new: SqlType) -> bool:
    """Whether PostgreSQL writes the whole table anew for this change, which nobody can read meanwhile."""
    if old == new or old.rest or new.rest:
        return old != new
    if old.base == new.base == "varchar":
        return bool(new.sizes) and not (old.sizes and old.sizes <= new.sizes)
    if old.base == new.base == "numeric":
        return bool(new.sizes) and not (old.sizes and old.sizes[1] == new.sizes[1] and old.sizes <= new.sizes)
    if old.base == new.base and old.base.startswith("time"):
        return bool(new.sizes) and not (old.sizes and old.sizes <= new.sizes)
    return (old.base, new.base) != ("cidr", "inet")


def _fits_length(old: SqlType, new: SqlType) -> bool:
    if not new.sizes:
        return new.base == "varchar"
    length = old.sizes or ((1,) if old.base == "char" else ())
    return bool(length) and length <= new.sizes


def _fits_digits(old: SqlType, new: SqlType) -> bool:
    if old.base not in (*_INTEGERS, "numeric"):
        return False
    if not new.sizes:
        return True
    if old.base == "numeric":
        if len(old.sizes) < 2:
            return False
        whole, scale = old.sizes[0] - old.sizes[1], old.sizes[1]
    else:
        whole, scale = _DIGITS[old.base], 0
    return new.sizes[0] - new.sizes[1] >= whole and new.sizes[1] >= scale
