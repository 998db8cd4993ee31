"""Files of desired state: read whole or refused with file and line, and what would be right."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from data_platform.errors import UsageError
from data_platform.schema.align.desired import Desired
from data_platform.schema.align.dialect import Dialect
from data_platform.schema.align.dialects import DUCKDB, SNOWFLAKE, postgresql
from data_platform.schema.align.loading import expand, read_files
from data_platform.schema.align.names import Kind, Target, split
from data_platform.schema.align.resolving import resolve

POSTGRESQL = postgresql()


def read(
    folder: Path, text: str, dialect: Dialect = POSTGRESQL, variables: Mapping[str, str | None] | None = None
) -> Desired:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    return resolve(read_files([folder]), dialect, variables or {})


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("rolls: []", 1, "unknown key 'rolls' -> did you mean 'roles'?"),
        ("roles:\n  - name: a\n    coment: x", 3, "unknown key 'coment' -> did you mean 'comment'?"),
        ("roles:\n  - comment: x", 2, "the key 'roles.0.name' is missing"),
        ("roles:\n  - name: a\n    password: s3cret", 3, "passwords never stand in these files"),
        ("roles:\n  - name: a\n    superuser: true", 3, "power over the whole server is not aligned"),
        ("roles:\n  - name: a\n    createrole: false", 3, "power over the whole server is not aligned"),
        ("roles:\n  - name: a\n    login: 'yes'", 3, "should be a valid boolean"),
        ("roles:\n  - name: a\n    connection_limit: -2", 3, "greater than or equal to -1"),
        ("roles:\n  - name: ' '", 2, "must not be empty"),
        ("roles:\n  - name: a\n    deleted: true\n    released: true", 2, "exclude each other"),
        ("roles:\n  - name: a\n    owned_to: b", 2, "'owned_to' belongs to 'deleted: true'"),
        ("roles:\n  - name: pg_monitor", 2, "role pg_monitor is the system's own"),
        ("roles:\n  - name: PUBLIC", 2, "role public is the system's own"),
        ("schemas:\n  - name: platform\n    deleted: true", 2, "schema platform is the system's own"),
        ("schemas:\n  - name: pg_catalog", 2, "the system's own"),
        ("schemas:\n  - name: a\n    owner: pg_database_owner", 3, "the system's own"),
        ("schemas:\n  - name: a\n    owner: public", 3, "the system's own"),
        ("roles:\n  - name: a\n  - name: A", 3, "role a is there twice, first in .*a.yaml:2"),
        (f"roles:\n  - name: {'x' * 64}", 2, "longer than 63 bytes"),
        ("views:\n  - name: a.v", 2, "a view needs a 'definition'"),
        ("views:\n  - name: v\n    definition: select 1", 2, "the name of a view is written schema.name, not 'v'"),
        ("views:\n  - name: a..v\n    definition: select 1", 2, "is no name"),
        (
            "views:\n  - name: a.v\n    definition: select 1\n    secure: true",
            4,
            "postgresql has no 'secure' for a view",
        ),
        ("warehouses:\n  - name: w", 2, "postgresql has no warehouses"),
        ("grants:\n  - to: [a]\n    privileges: [select]", 2, "name one of database, warehouse, schema, table"),
        ("grants:\n  - schema: s\n    table: s.t\n    to: [a]\n    privileges: [all]", 2, "name one of database"),
        ("grants:\n  - schema: s\n    to: [a]", 2, "needs 'privileges', or 'deleted: true'"),
        (
            "grants:\n  - schema: s\n    to: [a]\n    privileges: [usge]",
            4,
            "'usge' on a schema -> did you mean 'usage'?",
        ),
        (
            "grants:\n  - schema: s\n    to: [a]\n    privileges:\n      - usage\n      - fly",
            6,
            "known: create, usage, all",
        ),
        ("grants:\n  - schema: s\n    privileges: [usage]", 2, "needs 'to', the roles"),
        ("grants:\n  - schema: s\n    future: tables\n    to: [a]\n    privileges: [all]", 3, "need 'created_by'"),
        ("grants:\n  - schema: s\n    all: views\n    to: [a]\n    privileges: [all]", 3, "write tables"),
        ("grants:\n  - schema: s\n    to:\n      - a\n      - pg_monitor\n    privileges: [all]", 5, "system's own"),
        (
            "grants:\n  - schema: s\n    to: [public]\n    privileges: [all]\n    grantable: true",
            3,
            "everybody cannot pass",
        ),
        ("memberships:\n  - role: a", 2, "needs 'members' or 'users'"),
        ("memberships:\n  - role: a\n    members: [a]", 3, "role a cannot be in itself"),
        ("memberships:\n  - role: pg_monitor\n    members: [a]", 2, "the system's own"),
        (
            "memberships:\n  - role: a\n    members:\n      - b\n    users:\n      - B",
            6,
            "is said twice, first in .*:4",
        ),
        ("roles:\n  - name: a_${enviroment}", 2, r"\$\{enviroment\} is unknown -> did you mean \$\{environment\}?"),
        ("roles:\n  - name: a_${region}", 2, r"\$\{region\} has no value here -> give it: --region"),
        ("roles: [a", 1, "is not valid YAML"),
        ("- a", 1, "must hold a mapping"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_is_right(tmp_path: Path, text: str, line: int, message: str):
    with pytest.raises(UsageError, match=rf"a\.yaml:{line}: .*{message}"):
        read(tmp_path, text, variables={"environment": "dev", "region": None})


def test_a_password_is_not_repeated_in_the_message(tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        read(tmp_path, "roles:\n  - name: a\n    password: s3cret")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("grants: [{schema: s, to: [gone], privileges: [usage]}]", "this grants to it"),
        ("grants: [{schema: old, to: [a], privileges: [usage]}]", "this grants on it"),
        ("grants: [{all: tables, schema: old, to: [a], privileges: [all]}]", "this grants in it"),
        ("grants: [{view: s.old, to: [a], privileges: [all]}]", "this grants on it"),
        ("grants: [{future: tables, schema: s, created_by: gone, to: [a], privileges: [all]}]", "what it makes"),
        ("memberships: [{role: gone, members: [a]}]", "puts somebody into it"),
        ("memberships: [{role: a, members: [gone]}]", "puts it into a role"),
        ("databases: [{name: d, owner: gone}]", "is to own database d"),
    ],
)
def test_what_is_deleted_cannot_be_used(tmp_path: Path, use: str, message: str):
    gone = "roles: [{name: gone, deleted: true}]\nschemas: [{name: old, deleted: true}]\n"
    gone += "views: [{name: s.old, deleted: true}]\n"
    with pytest.raises(UsageError, match=rf"a\.yaml:4: .* is deleted in .*a\.yaml:\d, and .*{message}"):
        read(tmp_path, gone + use)


def test_the_examples_of_the_guide_can_be_read(tmp_path: Path):
    guide = (Path(__file__).parents[2] / "docs" / "alignment.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```yaml\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    assert len(examples) >= 3
    for example in examples:
        read(tmp_path, example, variables={"environment": "dev", "region": "nz"})


def test_several_files_and_folders_are_one_desired_state(tmp_path: Path):
    for name, text in {
        "b/roles.yml": "alignment: access\nroles: [{name: a}]",
        "b/deep/grants.yaml": "grants: [{schema: s, to: [a], privileges: [usage]}]",
        "c.yaml": "roles: [{name: b}]",
        "b/notes.txt": "roles: [",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    desired = resolve(read_files([tmp_path / "b", tmp_path / "c.yaml", tmp_path / "c.yaml"]), POSTGRESQL, {})
    assert {str(wanted.target) for wanted in desired.objects} == {"role a", "role b"}
    assert (desired.alignment, len(desired.grants)) == ("access", 1)


def test_files_of_two_alignments_are_refused_together(tmp_path: Path):
    (tmp_path / "b.yaml").write_text("alignment: one")
    with pytest.raises(UsageError, match=r"b\.yaml:1: these files are of alignment 'one', and of 'two' in .*a\.yaml:1"):
        read(tmp_path, "alignment: two")


def test_a_folder_without_files_is_told(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no YAML file in this folder"):
        read_files([tmp_path])
    with pytest.raises(UsageError, match="the file does not exist"):
        read_files([tmp_path / "none.yaml"])


def test_variables_are_filled_in_everywhere(tmp_path: Path):
    text = """
alignment: ${unit}
roles: [{name: "r_${region}", comment: "of ${environment}, $${x}"}]
schemas: [{name: "s_${region}"}]
views: [{name: "s_${region}.v", definition: "select '${environment}' as x"}]
grants: [{schema: "s_${region}", to: ["r_${region}"], privileges: ["${privilege}"]}]
"""
    values = {"unit": "fleet", "region": "NZ", "environment": "prod", "privilege": "usage"}
    desired = read(tmp_path, text, variables=values)
    assert desired.alignment == "fleet"
    role, schema, view = desired.objects
    assert (role.target.name, role.properties["comment"]) == (("r_nz",), "of prod, ${x}")
    assert (schema.target.name, view.target.name, view.source) == (("s_nz",), ("s_nz", "v"), "select 'prod' as x")
    (grant,) = desired.grants
    assert (grant.on, grant.grantee, grant.privileges) == (schema.target, "r_nz", {"USAGE"})


def test_names_fold_as_in_the_database(tmp_path: Path):
    text = "schemas: [{name: %s}]"
    for written, dialect, name in [
        ("Marts", POSTGRESQL, ("marts",)),
        ("'\"Marts\"'", POSTGRESQL, ("Marts",)),
        ("Ma-rts", POSTGRESQL, ("Ma-rts",)),
        ("'\"Marts\"'", DUCKDB, ("marts",)),
        ("db.Marts", SNOWFLAKE, ("DB", "MARTS")),
        ("'db.\"Ma.rts\"'", SNOWFLAKE, ("DB", "Ma.rts")),
    ]:
        assert read(tmp_path, text % written, dialect).objects[0].target.name == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("roles:\n  - name: a", "a.yaml:2: duckdb has no roles -> keep them in a file that is for another database"),
        ("databases:\n  - name: a", "a.yaml:2: duckdb has no databases"),
        ("warehouses:\n  - name: a", "a.yaml:2: duckdb has no warehouses"),
        ("grants:\n  - schema: s\n    to: [a]\n    privileges: [usage]", "a.yaml:2: duckdb has no roles"),
        ("memberships:\n  - role: a\n    members: [b]", "a.yaml:2: duckdb has no roles"),
        ("schemas:\n  - name: a\n    owner: b", "a.yaml:3: duckdb has no 'owner' for a schema"),
        ("schemas:\n  - name: a\n    comment: b", "a.yaml:3: duckdb has no 'comment' for a schema"),
        ("schemas:\n  - name: b\n    renamed_from: a", "a.yaml:3: duckdb cannot rename schema a to schema b"),
        (
            "views:\n  - name: b.v\n    renamed_from: a.v\n    definition: select 1",
            "a.yaml:3: duckdb cannot rename view",
        ),
    ],
)
def test_what_duckdb_does_not_have_is_refused(tmp_path: Path, text: str, message: str):
    with pytest.raises(UsageError, match=message):
        read(tmp_path, text, DUCKDB)


def test_what_snowflake_does_not_have_is_refused(tmp_path: Path):
    for text, message in {
        "roles:\n  - name: a\n    login: true": "a.yaml:3: snowflake has no 'login' for a role",
        "roles:\n  - name: sysadmin": "a.yaml:2: role SYSADMIN is the system's own",
        "memberships:\n  - role: a\n    members: [b]\n    admin: true": "a.yaml:4: snowflake has no 'admin'",
        "memberships:\n  - role: a\n    members: [b]\n    set: true": "a.yaml:4: this database has no 'set'",
        "memberships:\n  - role: accountadmin\n    members: [b]": "a.yaml:2: role ACCOUNTADMIN is the system's own",
    }.items():
        with pytest.raises(UsageError, match=message):
            read(tmp_path, text, SNOWFLAKE)


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12).filter(str.strip)


@given(st.lists(names, min_size=2, max_size=2))
def test_a_name_is_read_back_as_it_was_written(parts: list[str]):
    for dialect in (POSTGRESQL, SNOWFLAKE):
        written = dialect.written(tuple(parts[:1]))
        assert dialect.name_of(Kind.ROLE, written) == tuple(parts[:1])
    assert POSTGRESQL.name_of(Kind.VIEW, POSTGRESQL.written(tuple(parts))) == tuple(parts)
    assert [part for part, _ in split(POSTGRESQL.written(tuple(parts)))] == parts


@given(st.text(max_size=30))
def test_any_text_is_a_name_or_refused(text: str):
    for kind in (Kind.ROLE, Kind.VIEW):
        try:
            name = POSTGRESQL.name_of(kind, text)
        except ValueError as error:
            assert "\n" not in str(error).strip() or repr(text) in str(error)
        else:
            assert len(name) == POSTGRESQL.parts[kind]


scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["a", "${x}", "s.v", "select 1", "all", ""])
keys = st.sampled_from(
    ["roles", "name", "members", "role", "grants", "schema", "to", "privileges", "views", "definition", "deleted", "x"]
)
trees = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))


@settings(deadline=None, max_examples=200)
@given(tree=trees)
def test_whatever_yaml_holds_it_is_read_or_refused_in_a_line(tmp_path_factory: pytest.TempPathFactory, tree: object):
    folder = tmp_path_factory.mktemp("any")
    for dialect in (POSTGRESQL, SNOWFLAKE, DUCKDB):
        try:
            read(folder, yaml.safe_dump(tree), dialect)
        except UsageError as error:
            assert "a.yaml" in str(error)
            assert "\n" not in str(error)


def test_an_expanded_text_is_not_expanded_again():
    from data_platform.schema.align.desired import Origin

    assert expand("${a}$${b}", {"a": "${b}", "b": "no"}, Origin("x")) == "${b}${b}"


def test_a_target_says_what_it_is():
    assert str(Target(Kind.VIEW, ("marts", "by day"))) == 'view marts."by day"'
