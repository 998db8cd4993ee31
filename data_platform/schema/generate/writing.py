"""Writes a database's objects out as a changelog."""

from pathlib import Path

from data_platform.errors import UsageError
from data_platform.schema.catalogue import Catalogue, Source, read_catalogue
from data_platform.schema.errors import SchemaError
from data_platform.schema.generate import duckdb, postgres
from data_platform.schema.generate.changelog_text import files
from data_platform.schema.generate.pieces import in_order

AREA = "000_baseline"


def write_changelog(source: Source, folder: Path, *, author: str) -> list[Path]:
    """Write all objects of a database as changesets, each with its rollback, in the order in which they can be built.

    Args:
        source: an open `Database`; nothing in it is changed.
        folder: the changelog's; it may exist, but must not hold changelog files. The files come into `000_baseline/`,
            so that they run before all others.
        author: of the changesets.

    Returns:
        The files written, in the order in which they run.

    Raises:
        UsageError: the folder holds a changelog already, or the author's name cannot stand in one.
        SchemaError: the database has no objects, or one that cannot be written.
    """
    present = sorted(path for path in folder.rglob("*") if path.suffix in (".sql", ".xml", ".yaml", ".yml", ".json"))
    if present:
        raise UsageError("the folder holds a changelog already", where=present[0], fix="name another folder")
    if not author.strip() or set(author) & set('":\n\r$'):
        raise UsageError(f"{author!r} cannot be the author of a changeset", fix="give a plain name with --author")
    texts = changelog_files(read_catalogue(source), author)
    if not texts:
        raise SchemaError("the database has no objects to write out", where=source.where, anchor="database-catalogue")
    target = folder / AREA
    target.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8", newline="\n")
    return [target / name for name in texts]


def changelog_files(catalogue: Catalogue, author: str) -> dict[str, str]:
    """A catalogue as files of formatted SQL: their names, in the order in which they run, and their texts.

    What a catalogue only names (`Catalogue.others`) stands in a comment at the beginning of the first file.

    Raises:
        SchemaError: an object cannot be written.
    """
    made = postgres.pieces(catalogue) if catalogue.dbms == "postgresql" else duckdb.pieces(catalogue)
    texts = files(in_order(list(made)), author, catalogue.dbms)
    left_out = [f"-- not written out: {' '.join(each.split())}" for each in catalogue.others]
    left_out += [
        f"-- not written out: index {each.schema}.{each.name}, which is invalid"
        for each in catalogue.indexes
        if not each.valid
    ]
    if texts and left_out:
        first = next(iter(texts))
        header, _, rest = texts[first].partition("\n")
        texts[first] = "\n".join([header, *left_out, rest])
    return texts
