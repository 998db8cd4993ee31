"""Compares two catalogues."""

from collections.abc import Collection, Iterator

from data_platform.schema.catalogue.objects import Catalogue
from data_platform.schema.drift.difference import Change, Difference
from data_platform.schema.drift.facts import Fact, facts

_ORDER = "order of columns"


def diff(actual: Catalogue, expected: Catalogue, *, schemas: Collection[str] | None = None) -> list[Difference]:
    """What differs between a database and what it should be.

    Args:
        schemas: look only at objects in these, or None for all.

    Returns:
        Differences by kind and name. Of an object that is missing or unexpected its parts are not told.
    """
    are, should_be = facts(actual), facts(expected)
    return [
        difference
        for key in sorted(are.keys() | should_be.keys())
        if schemas is None or (are.get(key) or should_be[key]).schema in schemas
        for difference in _of_object(key, are, should_be)
    ]


def schemas_of(catalogue: Catalogue) -> set[str]:
    """The schemas in which a catalogue has objects."""
    return {fact.schema for key, fact in facts(catalogue).items() if key[0] not in ("schema", "extension")}


_Facts = dict[tuple[str, str], Fact]


def _of_object(key: tuple[str, str], are: _Facts, should_be: _Facts) -> Iterator[Difference]:
    kind, name = key
    is_, should = are.get(key), should_be.get(key)
    if is_ is None and should is not None:
        if should.parent is None or should.parent in are:
            yield Difference(Change.MISSING, kind, name)
    elif should is None and is_ is not None:
        if is_.parent is None or is_.parent in should_be:
            yield Difference(Change.UNEXPECTED, kind, name)
    elif is_ is not None and should is not None:
        for aspect in dict.fromkeys([*should.values, *is_.values]):
            actual, expected = is_.values.get(aspect), should.values.get(aspect)
            if actual != expected and not (aspect == _ORDER and not _reordered(actual, expected)):
                yield Difference(Change.CHANGED, kind, name, aspect, expected, actual)


def _reordered(actual: str | None, expected: str | None) -> bool:
    """Whether columns are the same but in another order; a column more or less is told by itself."""
    return sorted((actual or "").split(", ")) == sorted((expected or "").split(", "))
