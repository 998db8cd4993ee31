"""The planner of alignment, on a database in memory: whatever the files and the database, the plan leads from one to
the other, in an order that a database accepts, and touches nothing else."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, event, given, settings

from data_platform.errors import UsageError
from data_platform.schema.align import AlignError
from data_platform.schema.align.actual import Actual, state_hash
from data_platform.schema.align.changes import AddMember, Drop, Grant, Reassign, RemoveMember, Rename, Revoke
from data_platform.schema.align.desired import Desired, Wanted
from data_platform.schema.align.dialects import postgresql
from data_platform.schema.align.draft import Planned
from data_platform.schema.align.loading import read_files
from data_platform.schema.align.names import Future, Kind, Target
from data_platform.schema.align.planning import changes
from data_platform.schema.align.resolving import resolve
from tests.schema.align_documents import documents
from tests.schema.align_model import ModelDatabase, actuals, things, wrong_with

# shrinking takes minutes here, and the examples are small
many = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("align") / "random.yaml"


def read(file: Path, document: Mapping[str, Any]) -> Desired:
    file.write_text(yaml.safe_dump(dict(document)), encoding="utf-8")
    return resolve(read_files([file]), postgresql(), {})


def planned(file: Path, document: Mapping[str, Any], actual: Actual) -> tuple[Desired, list[Planned]] | None:
    """The plan, or None when the files contradict each other or the database: then nothing is done at all."""
    try:
        desired = read(file, document)
        found = changes(desired, actual)
    except (UsageError, AlignError) as error:
        assert str(file) in str(error), "a refusal names its place in the files"
        event(f"refused: {type(error).__name__}")
        return None
    event("planned")
    return desired, found


def applied(desired: Desired, found: list[Planned], actual: Actual) -> Actual:
    database = ModelDatabase(actual, desired)
    for each in found:
        database.run(each.change)
    return database.state.now()


@many
@given(document=documents(), actual=actuals())
def test_a_plan_leads_to_the_desired_state_and_the_next_one_is_empty(
    file: Path, document: dict[str, Any], actual: Actual
):
    plan = planned(file, document, actual)
    if plan is None:
        return
    after = applied(*plan, actual)
    assert wrong_with(plan[0], after) == []
    assert changes(plan[0], after) == []


@many
@given(document=documents(), actual=actuals())
def test_what_is_not_in_the_files_is_left_alone(file: Path, document: dict[str, Any], actual: Actual):
    plan = planned(file, document, actual)
    if plan is None:
        return
    desired, found = plan
    listed: dict[Target, list[Wanted]] = defaultdict(list)
    for wanted in desired.objects:
        for name in (wanted.target, wanted.renamed_from):
            if name:
                listed[name].append(wanted)
    database = ModelDatabase(actual, desired)
    for each in found:
        change = each.change
        if isinstance(change, Grant | Revoke | AddMember | RemoveMember | Reassign):
            assert_listed(change, desired, actual)
        else:
            target = change.target
            assert target in listed, f"{target} is in no file"
            there, whose = target in database.state.objects, database.state.managed.get(target)
            if there and whose is None:
                assert any(wanted.adopt for wanted in listed[target]), f"{change}: nobody gave {target} to alignment"
            assert whose in (None, "platform"), f"{change}: {target} is another's"
        database.run(change)
    after = database.state.now()
    renamed = any(isinstance(each.change, Rename) for each in found)
    for target, whose in actual.managed.items():
        if whose == "other" and not renamed:
            assert after.objects.get(target, {}).keys() == actual.objects[target].keys(), f"{target} is another's"


@many
@given(document=documents(), actual=actuals())
def test_whatever_takes_something_away_needs_consent(file: Path, document: dict[str, Any], actual: Actual):
    plan = planned(file, document, actual)
    if plan is None:
        return
    desired, found = plan
    for each in found:
        if isinstance(each.change, Drop | Revoke | RemoveMember | Reassign):
            assert each.consent, f"{each} takes without consent"
    database = ModelDatabase(actual, desired)
    for each in found:
        if each.consent is not None:
            break  # up to here nothing has been taken
        database.run(each.change)
        now = database.state.now()
        roles = {t for t in actual.objects if t.kind is Kind.ROLE}
        gone = roles - now.objects.keys()
        assert all(any(isinstance(o.change, Rename) and o.change.target == t for o in found) for t in gone)
        assert len(now.objects) >= len(actual.objects)


@many
@given(document=documents(), actual=actuals())
def test_the_plan_is_the_same_however_often_it_is_made(file: Path, document: dict[str, Any], actual: Actual):
    plan = planned(file, document, actual)
    if plan is not None:
        assert changes(plan[0], actual) == plan[1]


@settings(max_examples=100, deadline=None)
@given(first=actuals(), second=actuals())
def test_the_hash_of_the_state_is_the_same_for_the_same_state_only(first: Actual, second: Actual):
    reordered = Actual(
        first.database,
        "somebody else",
        dict(reversed(first.objects.items())),
        dict(reversed(first.managed.items())),
        first.members,
        first.grants,
    )
    assert state_hash(first) == state_hash(reordered)
    same = (first.objects, first.managed, first.members, first.grants) == (
        (second.objects, second.managed, second.members, second.grants)
    )
    assert (state_hash(first) == state_hash(second)) is same


def assert_listed(change: Any, desired: Desired, actual: Actual) -> None:
    """A privilege or membership is touched because it, its object or its role is in the files."""
    going = {wanted.target.name[0] for wanted in desired.objects if wanted.target.kind is Kind.ROLE and wanted.deleted}
    if isinstance(change, Reassign):
        assert change.role in going
    elif isinstance(change, AddMember | RemoveMember):
        listed = {(wanted.role, wanted.member) for wanted in desired.members}
        assert (change.role, change.member) in listed or change.role in desired.exclusive_roles
    else:
        creator = change.on.creator if isinstance(change.on, Future) else None
        pairs = {(on, grant.grantee) for grant in desired.grants for on in [grant.on, *things(grant.on, actual)]}
        everything = {on for what in desired.exclusive for on in [what, *things(what, actual)]}
        schemas = {grant.on.schema for grant in desired.grants if hasattr(grant.on, "schema")}
        assert (
            (change.on, change.grantee) in pairs
            or change.on in everything
            or going & {change.grantee, creator}
            or Target(Kind.VIEW, getattr(change.on, "name", ())) in {wanted.target for wanted in desired.objects}
            or change.on.schema in schemas
        ), f"{change} is about nothing in the files"
