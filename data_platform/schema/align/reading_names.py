"""Reads the names in one file of desired state for one database."""

from collections.abc import Mapping
from dataclasses import dataclass

from data_platform.errors import UsageError
from data_platform.schema.align.desired import Origin
from data_platform.schema.align.dialect import Dialect
from data_platform.schema.align.loading import SourceFile, expand
from data_platform.schema.align.names import PUBLIC, Kind, Name, Target


def wrong(what: str, origin: Origin, *, fix: str | None = None) -> UsageError:
    """A mistake in a file, at its place."""
    return UsageError(what, where=origin.file, line=origin.line, fix=fix, anchor="alignment-files")


@dataclass(frozen=True)
class Names:
    """Names of one file, as one database means them."""

    dialect: Dialect
    variables: Mapping[str, str | None]
    file: SourceFile

    def origin(self, *location: int | str) -> Origin:
        """Where something stands in the file."""
        return self.file.origin(*location)

    def text(self, text: str, origin: Origin) -> str:
        """A text with its variables filled in.

        Raises:
            UsageError: a variable has no value.
        """
        return expand(text, self.variables, origin)

    def name(self, kind: Kind, text: str, origin: Origin) -> Name:
        """A name.

        Raises:
            UsageError: the database has no such kind, or it is no name.
        """
        self.refuse_unless(kind, origin)
        try:
            return self.dialect.name_of(kind, self.text(text, origin))
        except ValueError as error:
            raise wrong(str(error), origin) from None

    def target(self, kind: Kind, text: str, origin: Origin) -> Target:
        """An object, by its name."""
        return Target(kind, self.name(kind, text, origin))

    def role(self, text: str, origin: Origin, *, everybody: bool = False) -> str:
        """A role's name, to own or to be granted to; `public`, where it means everybody, only on demand."""
        target = self.target(Kind.ROLE, text, origin)
        # Snowflake's own roles are there to own and to be granted to
        if self.dialect.name == "postgresql" and not (everybody and target.name == (PUBLIC,)):
            self.refuse_reserved(target, origin)
        return target.name[0]

    def refuse_unless(self, kind: Kind, origin: Origin) -> None:
        """Raise where the database has no objects of the kind."""
        if not self.dialect.has(kind):
            raise wrong(
                f"{self.dialect.name} has no {kind}s",
                origin,
                fix="keep them in a file that is for another database",
            )

    def refuse_reserved(self, target: Target, origin: Origin) -> None:
        """Raise for what is the system's own."""
        if self.dialect.is_reserved(target):
            raise wrong(f"{target} is the system's own, and is not for alignment", origin)
