"""A plan while it is being made: changes in order, each simulated before the next is decided."""

from dataclasses import dataclass
from enum import StrEnum

from data_platform.schema.align.actual import Actual
from data_platform.schema.align.changes import Change, Create, Drop, Rename
from data_platform.schema.align.desired import Desired, Origin, Wanted
from data_platform.schema.align.errors import AlignError
from data_platform.schema.align.names import Kind, Target
from data_platform.schema.align.simulation import Simulation


class Consent(StrEnum):
    """What a person must allow in so many words."""

    DROP = "drop"
    REVOKE = "revoke"


class Moment(StrEnum):
    """When a change is made: databases come and go outside of any transaction."""

    BEFORE = "before"
    TRANSACTION = "transaction"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Planned:
    """A change with its reason.

    Args:
        consent: what must be allowed for it; None means that it takes nothing from anybody.
    """

    change: Change
    reason: str
    consent: Consent | None = None

    @property
    def moment(self) -> Moment:
        """When it is made."""
        match self.change:
            case Create(Target(Kind.DATABASE)) | Rename(Target(Kind.DATABASE)):
                return Moment.BEFORE
            case Drop(Target(Kind.DATABASE)):
                return Moment.AFTER
        return Moment.TRANSACTION


class Draft:
    """Collects changes, and the state they lead to.

    Args:
        desired: what the files say.
        actual: what the database has.
    """

    def __init__(self, desired: Desired, actual: Actual) -> None:
        self.desired = desired
        self.actual = actual
        self.state = Simulation(actual, desired.alignment, desired.dialect)
        self.planned: list[Planned] = []

    def add(self, change: Change, reason: str, consent: Consent | None = None) -> None:
        """Add a change, and look at the database as it is after it from now on."""
        self.planned.append(Planned(change, reason, consent))
        self.state.do(change)

    def may_touch(self, target: Target, wanted: Wanted) -> bool:
        """Whether an object is managed by these files already; an unmanaged one must be adopted.

        Raises:
            AlignError: it is there, and neither managed nor to be adopted, or another alignment's.
        """
        whose = self.state.managed.get(target)
        if whose == self.desired.alignment:
            return True
        if whose is not None:
            raise refusal(
                f"{target} is managed by the alignment {whose!r}",
                wanted.origin,
                fix="remove it here, or say `released: true` there first",
            )
        if not wanted.adopt:
            raise refusal(
                f"{target} is there already, and is not under management",
                wanted.origin,
                fix="say `adopt: true` to take it under management",
            )
        return False


def refusal(what: str, origin: Origin, *, fix: str | None = None) -> AlignError:
    """What cannot be planned, with the place in the files that asks for it."""
    return AlignError(what, where=origin.file, line=origin.line, fix=fix, anchor="alignment")
