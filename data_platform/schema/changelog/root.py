"""Reads a whole changelog: a root file and all it includes, or a folder, in the order in which it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data_platform.schema.changelog.files import FORMATS, SearchPath, read_text, search_path
from data_platform.schema.changelog.formatted_sql import is_formatted, read_formatted_sql
from data_platform.schema.changelog.included import Included
from data_platform.schema.changelog.properties import Properties
from data_platform.schema.changelog.references import check_references
from data_platform.schema.changes import Sql
from data_platform.schema.changeset import Changelog, Changeset, Identity, Notice
from data_platform.schema.checksum import CONTROLS
from data_platform.schema.errors import ChangelogError
from data_platform.schema.expressions import Selection
from data_platform.schema.paths import normalized


def load_changelog(
    changelog: Path | str,
    *,
    folders: Sequence[Path] = (),
    properties: Mapping[str, str] | None = None,
    selection: Selection | None = None,
) -> Changelog:
    """Read a changelog and everything it includes.

    Args:
        changelog: a file (formatted SQL, or a YAML, JSON or XML root), or a folder, whose files are read in byte order
            of their paths.
        folders: the search path; what is recorded is the path from there.
        properties: given on the command line.
        selection: contexts, labels and database, for which properties count.

    Raises:
        ChangelogError: something is wrong or not supported; with file and line.
    """
    found, name = search_path(Path(changelog), folders)
    reading = Reading(found, Properties(selection or Selection(), properties or {}))
    if found.find(name) is None:
        reading.include_all(name, Included())
    else:
        reading.include(name, Included())
    check_references(reading.changesets)
    return Changelog(tuple(reading.changesets), tuple(reading.notices))


@dataclass
class Reading:
    """The files read so far, in order."""

    search_path: SearchPath
    properties: Properties
    changesets: list[Changeset] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    open_files: list[str] = field(default_factory=list)

    def include(self, name: str, included: Included, *, asked_at: tuple[Path, int] | None = None) -> bool:
        """Read one file and what it includes; False when it is not there.

        Args:
            asked_at: file and line of the include, for messages.
        """
        name = normalized(name)
        source, line = asked_at or (Path(name), None)
        path = self.search_path.find(name)
        if path is None:
            return False
        if name in self.open_files:
            chain = " -> ".join([*self.open_files[self.open_files.index(name) :], name])
            raise ChangelogError(f"the changelogs include each other: {chain}", where=source, line=line)
        self.open_files.append(name)
        self._read(name, path, included)
        self.open_files.pop()
        return True

    def include_all(
        self, folder: str, included: Included, *, depths: range = range(1, 10**6), ending: str = ""
    ) -> int | None:
        """Read all changelogs below a folder, in byte order of their paths.

        Args:
            depths: how far below, 1 being the folder itself.
            ending: only files whose name ends like this.

        Returns:
            How many there were, or None when there is no such folder.
        """
        found = self.search_path.below(folder)
        if found is None:
            return None
        start = 0 if normalized(folder) == "." else normalized(folder).count("/") + 1
        files = [
            name
            for name, path in found
            if path.suffix.lower() in FORMATS and name.count("/") - start + 1 in depths and name.endswith(ending)
        ]
        for name in files:
            self.include(name, included)
        return len(files)

    def _read(self, name: str, path: Path, included: Included) -> None:
        text = read_text(path, self.notices)
        suffix = path.suffix.lower()
        if suffix == ".sql":
            properties = self.properties.of_another_file()
            if is_formatted(text):
                found = read_formatted_sql(text, name, path, properties, self.notices)
            else:
                found = [unformatted_sql(text, name, path, properties)]
            self.changesets += [included.applied(changeset) for changeset in found]
        elif suffix in FORMATS:
            from data_platform.schema.changelog.root_entries import read_root

            read_root(text, name, path, self, included)
        else:
            raise ChangelogError(
                f"a changelog ends in {', '.join(FORMATS)}, not in {suffix or 'nothing'}",
                where=path,
                anchor="changelogs",
            )


def unformatted_sql(text: str, file: str, source: Path, properties: Properties) -> Changeset:
    """A plain SQL file as the one changeset that Liquibase makes of it: `raw` by `includeAll`.

    Raises:
        ChangelogError: it is empty, or has changesets but no header.
    """
    sql = properties.expand(text, source, 1).strip(CONTROLS)
    if not sql:
        raise ChangelogError("is empty", where=source, fix="remove it", anchor="changelogs")
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().lower().replace(" ", "").startswith("--changeset"):
            raise ChangelogError(
                "has changesets but does not begin with the header of formatted SQL",
                where=source,
                line=number,
                fix="make '--liquibase formatted sql' its first line",
                anchor="changelogs",
            )
    return Changeset(
        identity=Identity(file, "raw", "includeAll"),
        changes=(Sql(sql, 1, split=False, strip_comments=False),),
        source=source,
        line=1,
    )
