"""Any text either is a changelog or is refused with file and line; it is never a traceback."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform.schema.changelog import load_changelog
from data_platform.schema.changelog.properties import Properties
from data_platform.schema.changeset import Changelog
from data_platform.schema.errors import ChangelogError
from data_platform.schema.expressions import Selection, parse
from tests.schema.changelogs import HEADER

WORDS = st.sampled_from(
    ["--", "-", "/*", "*/", " ", "\t", "\n", "\n--", "changeset ", "a:1", '"', "'", "$$", "${x}", "${", "}", ":", ";"]
    + [
        "comment: ",
        "rollback ",
        "liquibase rollback",
        "property ",
        "name:x ",
        "value:",
        "ignoreLines:",
        "start",
        "end",
        "2",
    ]
    + [
        "preconditions ",
        "precondition-sql-check ",
        "expectedResult:",
        "validCheckSum: ",
        "context:",
        "(",
        ")",
        "and",
        "or",
        "!",
    ]
    + ["select 1", "\r", "\u2028", "\x0b", "é", "\x00", "changesetId:1 changesetAuthor:a"]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=40).map("".join))


def read(folder: Path, name: str, text: str) -> Changelog | None:
    path = folder / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        return load_changelog(path, folders=[folder])
    except ChangelogError as refused:
        assert refused.where
        assert str(refused).startswith(str(folder)), refused
        assert "\n" not in str(refused)
        return None


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS)
def test_formatted_sql_parses_or_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, "v.sql", HEADER + text)
    for changeset in found.changesets if found else ():
        assert changeset.checksum.startswith("9:")
        assert changeset.source == tmp_path / "v.sql"
        assert 1 <= changeset.line <= text.count("\n") + text.count("\r") + 2


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=100), TEXTS.map(lambda text: f"databaseChangeLog:\n- {text}")))
def test_a_yaml_root_parses_or_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    read(tmp_path, "root.yaml", text)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=100), TEXTS.map(lambda text: f"<databaseChangeLog>{text}</databaseChangeLog>")))
def test_an_xml_root_parses_or_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    read(tmp_path, "root.xml", text)


NAMES = st.sampled_from(["dev", "Test", "prod"])
EXPRESSIONS = st.recursive(
    NAMES.map(lambda name: (name, lambda given: name.lower() in given)),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"not ({one[0]})", lambda given: not one[1](given))),
        inner.map(lambda one: (f"!({one[0]})", lambda given: not one[1](given))),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]}) AND ({two[1][0]})", lambda given: two[0][1](given) and two[1][1](given))
        ),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]}), ({two[1][0]})", lambda given: two[0][1](given) or two[1][1](given))
        ),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, st.sets(st.sampled_from(["dev", "test", "prod"])))
def test_an_expression_means_what_its_parts_mean(expression: tuple[str, object], given_names: set[str]) -> None:
    text, meaning = expression
    assert parse(text)(lambda name: name.lower() in given_names) == meaning(given_names)  # type: ignore[operator]


@given(st.text(alphabet="ab ()!,andor", max_size=12))
def test_an_expression_is_read_or_refused(text: str) -> None:
    try:
        assert parse(text)(lambda _: True) in (True, False)
    except ValueError as refused:
        assert str(refused)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${x}${x} ${ X } $${x}$", "11 1 $1$"),
        ("${${y}}", "1"),
        ("${nope} ${} ${x y} ${x", "${nope} ${} ${x y} ${x"),
        ("${:x}", "${:x}"),
        ("${inner}", "a1b"),
    ],
)
def test_properties_are_replaced_and_what_nobody_defined_stays(text: str, expanded: str) -> None:
    properties = Properties(Selection(), {"x": "1", "y": "x", "inner": "a${x}b"})
    assert properties.expand(text, Path("v.sql"), 1) == expanded
