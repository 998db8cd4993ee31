"""Small database schemas, made at random, as SQL."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

NAMES = ["a", "crew", "select", "B c", 'x"y', "é", "it's", "a;b", "--changeset x:y", "/* liquibase rollback"]
TEXTS = [
    "plain",
    "it's",
    "a;b",
    "two\nlines",
    "--changeset a:b",
    "x\n--changeset a:b\ny",
    "x\n--rollback DROP",
    "x\n/* liquibase rollback\ny\n*/",
    "back\\slash\n--comment: x",
    "${unit}",
    "$$ $function$",
    "'",
]
POSTGRES_TYPES = {
    "integer": ["0", "1 + 2", "-5"],
    "bigint": ["9223372036854775807"],
    "numeric(10,2)": ["1.5", "round(2.345, 1)"],
    "text": [],
    "character varying(12)": ["'x'"],
    "boolean": ["true"],
    "timestamp with time zone": ["now()", "'2020-01-01 00:00:00+00'"],
    "date": ["CURRENT_DATE"],
    "jsonb": ["'{\"a\": 1}'", "jsonb_build_object('a', 1)"],
    "integer[]": ["ARRAY[1, 2]", "'{}'"],
    "uuid": ["gen_random_uuid()"],
    "double precision": ["'NaN'"],
}
DUCKDB_TYPES = {
    "INTEGER": ["0", "1 + 2", "-5"],
    "BIGINT": ["9223372036854775807"],
    "DECIMAL(10,2)": ["1.5"],
    "VARCHAR": [],
    "BOOLEAN": ["true"],
    "TIMESTAMP WITH TIME ZONE": ["now()", "current_timestamp"],
    "DATE": ["DATE '2020-01-01'", "current_date"],
    'STRUCT(a INTEGER, "B b" VARCHAR[])': ["{'a': 1, 'B b': ['x']}"],
    "MAP(VARCHAR, INTEGER)": [],
    "INTEGER[]": ["[1, 2]"],
    "UUID": ["gen_random_uuid()"],
    "ENUM('x', 'y''z')": ["'x'"],
    "DOUBLE": ["'NaN'"],
}


@dataclass
class Table:
    """What later statements need to know of a table."""

    name: str
    columns: list[tuple[str, str]] = field(default_factory=list)
    key: str | None = None

    def of_type(self, *kinds: str) -> list[str]:
        return [name for name, kind in self.columns if kind.lower() in kinds]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def names(count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(NAMES), min_size=1, max_size=count, unique=True)


@st.composite
def statements(draw: st.DrawFn, dbms: str) -> list[str]:
    """DDL that PostgreSQL or DuckDB takes."""
    types = POSTGRES_TYPES if dbms == "postgresql" else DUCKDB_TYPES
    made: list[str] = []
    schemas = draw(names(2))
    made += [f"CREATE SCHEMA {quoted(name)}" for name in schemas]
    tables: list[Table] = []
    for at, name in enumerate(draw(names(3))):
        schema = schemas[at % len(schemas)] if dbms == "postgresql" else schemas[0]
        tables.append(Table(f"{quoted(schema)}.{quoted(name)}"))
        made += _table(draw, dbms, types, tables)
    made += _sequence(draw, dbms, schemas[0])
    made += _indexes(draw, dbms, tables)
    made += _views(draw, dbms, tables, schemas[0])
    return made


def _table(draw: st.DrawFn, dbms: str, types: dict[str, list[str]], tables: list[Table]) -> list[str]:
    table = tables[-1]
    lines = [_column(draw, dbms, types, table, name) for name in draw(names(4))]
    lines += _constraints(draw, tables)
    made = [f"CREATE TABLE {table.name} ({', '.join(lines)})"]
    if draw(st.booleans()):
        made.append(f"COMMENT ON TABLE {table.name} IS {literal(draw(_comment(dbms)))}")
    if table.columns and draw(st.booleans()):
        column = quoted(table.columns[0][0])
        made.append(f"COMMENT ON COLUMN {table.name}.{column} IS {literal(draw(_comment(dbms)))}")
    return made


def _column(draw: st.DrawFn, dbms: str, types: dict[str, list[str]], table: Table, name: str) -> str:
    kind = draw(st.sampled_from(list(types)))
    how = draw(st.sampled_from(["plain", "default", "identity", "generated", "collated"]))
    integers, is_text = table.of_type("integer"), kind.lower() in ("text", "varchar")
    if how == "generated" and integers:
        stored = " STORED" if dbms == "postgresql" else ""
        return f"{quoted(name)} INTEGER GENERATED ALWAYS AS ({quoted(integers[0])} * 2){stored}"
    line = f"{quoted(name)} {kind}"
    table.columns.append((name, kind))
    if how == "default" and types[kind]:
        line += f" DEFAULT {draw(st.sampled_from(types[kind]))}"
    elif how == "default" and is_text:
        line += f" DEFAULT {literal(draw(st.sampled_from(TEXTS)))}"
    elif how == "identity" and dbms == "postgresql" and kind in ("integer", "bigint"):
        options = ["", " (START WITH 5)", " (INCREMENT BY -1 CYCLE)", " (MAXVALUE 100 CACHE 3)"]
        always = draw(st.sampled_from(["ALWAYS", "BY DEFAULT"]))
        line += f" GENERATED {always} AS IDENTITY{draw(st.sampled_from(options))}"
    elif how == "collated" and is_text:
        line += " COLLATE " + ('"C"' if dbms == "postgresql" else "NOCASE")
    return line + draw(st.sampled_from(["", " NOT NULL"]))


def _constraints(draw: st.DrawFn, tables: list[Table]) -> list[str]:
    table, lines = tables[-1], []
    integers, texts = table.of_type("integer", "bigint"), table.of_type("text", "varchar")
    if integers and draw(st.booleans()):
        table.key = integers[0]
        lines.append(f"PRIMARY KEY ({quoted(table.key)})")
    if integers and draw(st.booleans()):
        lines.append(f"CONSTRAINT {quoted(draw(st.sampled_from(NAMES)) + '2')} CHECK ({quoted(integers[-1])} > 0)")
    if texts and draw(st.booleans()):
        lines.append(f"CHECK ({quoted(texts[0])} <> {literal(draw(st.sampled_from(TEXTS)))})")
        lines.append(f"UNIQUE ({quoted(texts[0])})")
    for other in tables:
        same_type = integers and other.key and dict(table.columns)[integers[0]] == dict(other.columns)[other.key]
        if same_type and other.key and draw(st.booleans()):
            lines.append(f"FOREIGN KEY ({quoted(integers[0])}) REFERENCES {other.name} ({quoted(other.key)})")
    return lines


def _comment(dbms: str) -> st.SearchStrategy[str]:
    """DuckDB's comments take no escapes, so that a line of a directive, or a property, cannot be kept out of them."""
    return st.sampled_from([text for text in TEXTS if dbms == "postgresql" or not {"\n", "$"} & set(text)])


def _sequence(draw: st.DrawFn, dbms: str, schema: str) -> list[str]:
    if not draw(st.booleans()):
        return []
    options = draw(st.sampled_from(["", " START WITH 5", " INCREMENT BY -2", " MINVALUE 3 MAXVALUE 9 CYCLE"]))
    kind = draw(st.sampled_from(["", " AS smallint"])) if dbms == "postgresql" else ""
    return [f"CREATE SEQUENCE {quoted(schema)}.numbers{kind}{options}"]


def _indexes(draw: st.DrawFn, dbms: str, tables: list[Table]) -> list[str]:
    made = []
    for number, table in enumerate(tables):
        texts, integers = table.of_type("text", "varchar"), table.of_type("integer", "bigint")
        if texts and draw(st.booleans()):
            made.append(f"CREATE INDEX {quoted(f'i {number}')} ON {table.name} (lower({quoted(texts[0])}))")
        if integers and draw(st.booleans()):
            unique = draw(st.sampled_from(["", "UNIQUE "]))
            where = f" WHERE {quoted(integers[0])} > 3" if dbms == "postgresql" and draw(st.booleans()) else ""
            made.append(f"CREATE {unique}INDEX {quoted(f'j{number}')} ON {table.name} ({quoted(integers[0])}){where}")
    return made


def _views(draw: st.DrawFn, dbms: str, tables: list[Table], schema: str) -> list[str]:
    made: list[str] = []
    sources = [table.name for table in tables]
    for number in range(draw(st.integers(0, 3))):
        # named so that the order of names is not the order of needs
        name = f"{quoted(schema)}.{quoted(f'v {9 - number}')}"
        text = literal(draw(st.sampled_from(TEXTS)))
        source = draw(st.sampled_from(sources))
        what = "MATERIALIZED VIEW" if dbms == "postgresql" and draw(st.booleans()) else "VIEW"
        column = quoted(draw(st.sampled_from(NAMES)))
        made.append(f"CREATE {what} {name} AS SELECT count(*) AS n, {text} AS {column} FROM {source}")
        sources.append(name)
    if dbms == "postgresql" and draw(st.booleans()):
        body = draw(st.sampled_from(["SELECT 1", "SELECT count(*)::int FROM nowhere.at_all", *TEXTS]))
        made.append("SET check_function_bodies = off")
        made.append(
            f"CREATE FUNCTION {quoted(schema)}.f(a int DEFAULT 1, b text[] DEFAULT '{{}}') RETURNS int LANGUAGE sql "
            f"AS {literal(body)}"
        )
    return made
