"""Root changelogs: what they include, in which order. The sums were written by Liquibase 4.28.0."""

from pathlib import Path

import pytest

from data_platform.schema.changelog import load_changelog
from data_platform.schema.changeset import Changelog
from data_platform.schema.errors import ChangelogError
from data_platform.schema.expressions import Selection
from tests.schema.changelogs import written

YAML = """
databaseChangeLog:
- property: {name: p, value: v}
- include: {file: sql/one.sql, context: prod, labels: "y,Z"}
- include: {file: ./sql/raw.sql}
- changeSet:
    id: 1
    author: ann
    comment: hello ${p}
    context: a or b
    logicalFilePath: zz/y.yaml
    changes:
    - sql: {sql: "select '${p}'; select 2;", splitStatements: false, endDelimiter: ";;", stripComments: true}
    - sql: "select 3"
    - tagDatabase: {tag: T1}
    - empty: {}
    - sqlFile: {path: sql/raw.sql}
    rollback:
    - sql: {sql: "drop 1"}
    - sql: "drop 2"
- changeSet: {id: 2, author: b, runOrder: first, changes: [{sql: {sql: "select 1", dbms: h2}}]}
"""
XML = """<?xml version="1.0" encoding="UTF-8"?>
<databaseChangeLog logicalFilePath="root/l.xml">
 <property name="p" value="v"/>
 <include file="sql/one.sql" context="prod and x" labels="l" relativeToChangelogFile="true"/>
 <changeSet id="2" author="x"><sql>select '${p}'</sql><sql>select 2</sql><rollback/></changeSet>
 <changeSet id="3" author="x"><tagDatabase tag="w"/></changeSet>
 <changeSet id="4" author="x"><empty/></changeSet>
 <changeSet id="5" author="x"><sql>select 5</sql><rollback changeSetId="2" changeSetAuthor="x"/></changeSet>
</databaseChangeLog>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written(tmp_path, "--changeset a:1 context:dev labels:x\nselect 1;\n", "sql/one.sql")
    (tmp_path / "sql" / "raw.sql").write_text("select 5; select 6;\n")
    return tmp_path


def read(folder: Path, text: str, name: str = "root.yaml") -> Changelog:
    (folder / name).write_text(text)
    return load_changelog(name, folders=[folder])


def test_a_yaml_root_is_read_as_liquibase_reads_it(folder: Path) -> None:
    found = read(folder, YAML).changesets
    assert [(str(each.identity), each.checksum, each.contexts, each.labels) for each in found] == [
        ("sql/one.sql::1::a", "9:a7ca957848b7a2d82c733ec390529b49", "prod AND dev", ("y", "z", "x")),
        ("sql/raw.sql::raw::includeAll", "9:7848adb93ac80bb65dcc520f2ffac997", None, ()),
        ("zz/y.yaml::1::ann", "9:8603300119aeef9457484d266f695d9c", "(a or b)", ()),
        ("root.yaml::2::b", "9:d41d8cd98f00b204e9800998ecf8427e", None, ()),
    ]
    assert found[2].description == "sql; sql; tagDatabase; empty; sqlFile path=sql/raw.sql"
    assert found[2].comment == "hello v"
    assert found[2].rollback
    assert [change.text for change in found[2].rollback.changes] == ["drop 1", "drop 2"]


def test_an_xml_root_is_read_as_liquibase_reads_it(folder: Path) -> None:
    found = read(folder, XML, "root.xml").changesets
    assert [(str(each.identity), each.checksum) for each in found] == [
        ("sql/one.sql::1::a", "9:a7ca957848b7a2d82c733ec390529b49"),
        ("root/l.xml::2::x", "9:af5e11bb64a4bebd8243ad7629c1d0ee"),
        ("root/l.xml::3::x", "9:d7a07241471947973e3ffe9cd9034a00"),
        ("root/l.xml::4::x", "9:7a37a4e4638085400ecf49cb0bebb7de"),
        ("root/l.xml::5::x", "9:848af4c0fca6ec828949a95375860390"),
    ]
    assert found[0].contexts == "(prod and x) AND dev"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("include: {file: nope.sql}", "does not exist"),
        ("include: {file: ../out.sql}", "outside the search path"),
        ("include: {file: root.yaml}", "include each other"),
        ("include: {file: sql/one.sql, contxt: x}", "'contxt' is not supported"),
        ("includeAll: {path: nope}", "does not exist"),
        ("includeAll: {path: sql, resourceFilter: x}", "not supported"),
        ("preConditions: []", "not supported"),
        ("changeSet: {id: 1, changes: []}", "needs author"),
        ("changeSet: {id: 1, author: a, changes: [{createTable: {tableName: t}}]}", "createTable"),
        ("changeSet: {id: 1, author: a, runOrder: middle, changes: [{empty: {}}]}", "first or last"),
        ("changeSet: {id: 1, author: a, changes: [{sqlFile: {path: nope.sql}}]}", "does not exist"),
    ],
)
def test_what_is_not_supported_is_refused_with_file_and_line(entry: str, told: str, folder: Path) -> None:
    with pytest.raises(ChangelogError, match=told) as refused:
        read(folder, f"databaseChangeLog:\n- property: {{name: a, value: b}}\n- {entry}\n")
    assert "root.yaml:3: " in str(refused.value) or "search path" in told


def test_a_missing_include_may_be_allowed(folder: Path) -> None:
    text = "databaseChangeLog:\n- include: {file: nope.sql, errorIfMissing: false}\n"
    assert read(folder, text + "- includeAll: {path: nope, errorIfMissingOrEmpty: false}\n").changesets == ()


def test_a_document_type_is_refused_since_it_can_hold_entities(folder: Path) -> None:
    with pytest.raises(ChangelogError, match=r"root\.xml:1: a document type"):
        read(folder, '<!DOCTYPE x [<!ENTITY a "b">]><databaseChangeLog/>', "root.xml")


def test_a_folder_is_read_in_byte_order_of_paths_and_other_files_are_passed_over(tmp_path: Path) -> None:
    for name in ("a/x.sql", "a.sql", "B.sql", "2.sql", "10.sql", "_first.sql"):
        written(tmp_path, "--changeset a:1\nselect 1;\n", name)
    (tmp_path / "readme.md").write_text("no changelog")
    found = load_changelog(tmp_path, folders=[tmp_path]).changesets
    assert [each.identity.file for each in found] == ["10.sql", "2.sql", "B.sql", "_first.sql", "a.sql", "a/x.sql"]


def test_a_file_in_two_folders_of_the_search_path_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(tmp_path / name, "--changeset a:1\nselect 1;\n")
    with pytest.raises(ChangelogError, match="two folders of the search path"):
        load_changelog("v.sql", folders=[tmp_path / "one", tmp_path / "two"])


def test_properties_are_of_a_file_or_of_all_and_the_first_definition_wins(tmp_path: Path) -> None:
    written(
        tmp_path,
        "--property name:own value:mine global:false\n--property name:p value:second\n"
        "--property name:ctx value:c_dev context:dev\n--property name:ctx value:c_other\n"
        "--changeset a:1\nselect '${P} ${own} ${ctx}';\n",
        "a.sql",
    )
    written(tmp_path, "--changeset b:1\nselect '${p} ${own} ${ctx}';\n", "b.sql")
    (tmp_path / "root.yaml").write_text(
        "databaseChangeLog:\n- property: {name: p, value: first}\n- include: {file: a.sql}\n- include: {file: b.sql}\n"
    )

    def texts(selection: Selection, **given: str) -> list[str]:
        found = load_changelog("root.yaml", folders=[tmp_path], selection=selection, properties=given).changesets
        return [each.changes[0].text for each in found]  # type: ignore[union-attr]

    assert texts(Selection()) == ["select 'first mine c_dev';", "select 'first ${own} c_dev';"]
    assert texts(Selection(contexts=("test",)), p="given") == [
        "select 'given mine c_other';",
        "select 'given ${own} c_other';",
    ]
