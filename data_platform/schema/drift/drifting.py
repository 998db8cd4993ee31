"""What somebody changed by hand: a database against what its deployed changesets build."""

from collections.abc import Collection, Sequence

from data_platform.schema.catalogue import read_catalogue
from data_platform.schema.changeset import Changelog, Changeset
from data_platform.schema.database import Database
from data_platform.schema.deploy import deploy
from data_platform.schema.drift.building import deployed, edited_since, touched_by
from data_platform.schema.drift.comparison import diff, schemas_of
from data_platform.schema.drift.difference import Difference
from data_platform.schema.drift.outside import outside
from data_platform.schema.drift.scratch import scratch
from data_platform.schema.errors import ChangesetError, SchemaError
from data_platform.schema.expressions import Selection
from data_platform.schema.lint.names import Name
from data_platform.schema.names import Names

_GIVEN = ("public.", "main.")


def drift(
    database: Database, changelog: Changelog, selection: Selection, *, everywhere: bool = False
) -> list[Difference]:
    """Build what is deployed on a scratch database, and compare.

    What is pending is no drift. An object of a changeset that was edited since it ran is left out: what it was is not
    known any more.

    Args:
        selection: its database is this one, whatever it says.
        everywhere: look also at schemas in which the changelog has nothing.

    Raises:
        SchemaError: the deployed changesets cannot be built anew.
        DatabaseError: a catalogue cannot be read, or no scratch database can be made.
    """
    history = database.history()
    again = deployed(changelog.changesets, history)
    actual = read_catalogue(database)
    stands_on = outside(actual, again, getattr(database, "names", Names()))
    with scratch(database, stands_on) as copy:
        _build(copy, again)
        expected = read_catalogue(copy)
    own = schemas_of(expected) | ({schema.name for schema in expected.schemas} - {*stands_on.schemas, "public"})
    unclear = touched_by(edited_since(changelog.changesets, history), database.dbms)
    found = diff(actual, expected, schemas=None if everywhere else own)
    return [difference for difference in found if not _is_part_of(difference, unclear)]


def _build(copy: Database, changesets: Sequence[Changeset]) -> None:
    try:
        deploy(copy, Changelog(tuple(changesets)), Selection(dbms=copy.dbms))
    except ChangesetError as error:
        raise SchemaError(
            f"the deployed changesets cannot be built on an empty database: {error.what}",
            where=error.where,
            fix="correct what a new environment would fail at as well",
            anchor="drift",
        ) from error


def _is_part_of(difference: Difference, objects: Collection[Name]) -> bool:
    name = difference.name.partition("(")[0].lower()
    for given in _GIVEN:
        name = name.removeprefix(given)
    names = {str(each).lower() for each in objects}
    return any(name == each or name.startswith(f"{each}.") for each in names)
