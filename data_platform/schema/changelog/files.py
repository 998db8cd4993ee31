"""Finds changelog files in a search path, and reads them whatever their encoding marks and line ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_platform.schema.changeset import Notice
from data_platform.schema.errors import ChangelogError
from data_platform.schema.paths import normalized

FORMATS = (".sql", ".yaml", ".yml", ".json", ".xml")


@dataclass(frozen=True)
class SearchPath:
    """Folders in which changelogs are looked up; what is recorded is the path from there.

    Args:
        folders: absolute, in order.
    """

    folders: tuple[Path, ...]

    def find(self, file: str) -> Path | None:
        """The file of this name, or None.

        Raises:
            ChangelogError: two folders of the search path have it, or it lies outside of them.
        """
        found = [path for folder in self.folders if (path := self._within(folder, file)).is_file()]
        if len(found) > 1:
            raise ChangelogError(
                f"{file!r} is in two folders of the search path: {found[0]} and {found[1]}",
                fix="name the changelog's folder alone in --search-path",
                anchor="changelogs",
            )
        return found[0] if found else None

    def below(self, folder: str) -> list[tuple[str, Path]] | None:
        """All files below a folder as (name, path), in byte order of the names; None when there is no such folder."""
        roots = [path for root in self.folders if (path := self._within(root, folder)).is_dir()]
        if not roots:
            return None
        prefix = "" if normalized(folder) == "." else f"{normalized(folder)}/"
        found = [
            (prefix + path.relative_to(root).as_posix(), path)
            for root in roots
            for path in root.rglob("*")
            if path.is_file()
        ]
        return sorted(found, key=lambda entry: entry[0].encode())

    def _within(self, folder: Path, name: str) -> Path:
        path = folder / name
        if normalized(name).split("/")[0] == "..":
            raise ChangelogError(
                f"{name!r} lies outside the search path", fix="add its folder to --search-path", anchor="changelogs"
            )
        return path


def read_text(path: Path, notices: list[Notice]) -> str:
    """A file's text, UTF-8 with or without a byte order mark, its line ends all `\\n`.

    Bytes that are no UTF-8 become U+FFFD, as Liquibase reads them, so that checksums agree; that is noticed.

    Raises:
        ChangelogError: it cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ChangelogError(f"cannot be read: {error.strerror}", where=path, anchor="changelogs") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        notices.append(Notice("is not UTF-8: characters that cannot be read are replaced by U+FFFD", path, line))
        text = content.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def search_path(changelog: Path, folders: Sequence[Path]) -> tuple[SearchPath, str]:
    """Where to look things up, and the changelog's name there.

    Args:
        changelog: as the user gave it: a file or a folder.
        folders: given with `--search-path`; none means the working directory, or the changelog's own folder when it
            lies elsewhere.

    Raises:
        ChangelogError: the changelog is not there.
    """
    roots = tuple(folder.resolve() for folder in folders) or (Path.cwd(),)
    for root in roots:
        path = changelog if changelog.is_absolute() else root / changelog
        if not path.exists() and not changelog.is_absolute():
            path = changelog.resolve()
        if path.exists() and (inside := _inside(path.absolute(), root)) is not None:
            return SearchPath(roots), inside
    if changelog.exists() and not folders:
        own = changelog.resolve()
        root = own if own.is_dir() else own.parent
        return SearchPath((root,)), "." if own.is_dir() else own.name
    where = " or ".join(str(root) for root in roots)
    raise ChangelogError(
        f"there is no changelog {str(changelog)!r} in {where}",
        fix="give --changelog a file or folder that exists, below a folder of --search-path",
        anchor="changelogs",
    )


def _inside(path: Path, root: Path) -> str | None:
    for candidate in (path, path.resolve()):
        if candidate.is_relative_to(root):
            return candidate.relative_to(root).as_posix()
    return None
