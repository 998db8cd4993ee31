"""A plan of alignment as data: ordered steps with their SQL, bound to the live state it was made for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from data_platform.schema.align.changes import AddMember, Change, Grant, Reassign, RemoveMember, Rename, Revoke
from data_platform.schema.align.draft import Consent, Moment, Planned
from data_platform.schema.align.errors import AlignError
from data_platform.schema.align.names import Target, shown
from data_platform.schema.align.scope import Scope


@dataclass(frozen=True, slots=True)
class Step:
    """One step, as it is shown and as it is run.

    Args:
        kind: what is done, as in `create role`.
        object: what it is done to.
        sql: the statements.
        bookkeeping: statements on `platform.aligned_objects`, run with them.
        consent: `drop` or `revoke` when that must be allowed; None when the step takes nothing from anybody.
        reason: why, with the place in the files.
        moment: whether it runs `before`, in, or `after` the transaction.
    """

    kind: str
    object: str
    sql: tuple[str, ...]
    bookkeeping: tuple[str, ...]
    consent: str | None
    reason: str
    moment: str = Moment.TRANSACTION

    @property
    def safe(self) -> bool:
        """Whether it takes nothing from anybody."""
        return self.consent is None

    def as_row(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"safe": self.safe}


@dataclass(frozen=True)
class AlignPlan:
    """What alignment will do.

    Args:
        database: which database it is for.
        state: hash of the live state it was made for.
        scope: what was looked at, to compute that hash again.
        notes: what it leaves alone and a person may want to know.
    """

    alignment: str
    dialect: str
    database: str
    state: str
    scope: Scope
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def needs(self) -> list[str]:
        """The consents without which it is not applied."""
        return sorted({step.consent for step in self.steps if step.consent})


def make_steps(
    planned: Iterable[Planned],
    sql: Callable[[Change], Sequence[str]],
    bookkeeping: Callable[[Change], Sequence[str]],
) -> tuple[Step, ...]:
    """The changes as steps.

    Args:
        sql: makes a change's statements, for the database at hand.
        bookkeeping: makes the statements that record it.
    """
    return tuple(
        Step(
            kind_of(each.change),
            object_of(each.change),
            tuple(sql(each.change)),
            tuple(bookkeeping(each.change)),
            each.consent,
            each.reason,
            each.moment,
        )
        for each in planned
    )


def refuse_without_consent(plan: AlignPlan, allowed: Iterable[str]) -> None:
    """Raise unless everything that drops or revokes has been allowed.

    Raises:
        AlignError: naming the steps and the option.
    """
    allowed = set(allowed)
    held_back = [step for step in plan.steps if step.consent and step.consent not in allowed]
    if not held_back:
        return
    options = " ".join(f"--allow {need}" for need in sorted({str(step.consent) for step in held_back}))
    listed = "; ".join(f"{step.kind} {step.object}" for step in held_back[:3])
    more = f"; and {len(held_back) - 3} more" if len(held_back) > 3 else ""
    several = f"{len(held_back)} steps drop or revoke" if len(held_back) > 1 else "a step drops or revokes"
    raise AlignError(
        f"{several}, and nothing has been applied: {listed}{more}",
        fix=f"look at the plan, then say {options}",
        anchor="alignment",
    )


def kind_of(change: Change) -> str:
    """What is done, in words."""
    match change:
        case Grant() | Revoke():
            word = type(change).__name__.lower()
            return "revoke grant option" if isinstance(change, Revoke) and change.only_grant_option else word
        case AddMember():
            return "add member"
        case RemoveMember():
            return f"remove {change.option} option" if change.option else "remove member"
        case Reassign():
            return "reassign"
    verb = {"Redefine": "replace"}.get(type(change).__name__, type(change).__name__.lower())
    return f"{verb} {change.target.kind}"


def object_of(change: Change) -> str:
    """What it is done to, in words."""
    match change:
        case Grant() | Revoke():
            direction = "to" if isinstance(change, Grant) else "from"
            return f"{', '.join(change.privileges)} on {change.on} {direction} {change.grantee}"
        case AddMember() | RemoveMember():
            return f"{change.role} {'to' if isinstance(change, AddMember) else 'from'} {change.member.name[-1]}"
        case Reassign():
            return f"what {change.role} owns, to {change.heir}"
    target: Target = change.target
    name = shown(target.name)
    return f"{name} to {shown(change.name)}" if isinstance(change, Rename) else name


def consents() -> list[str]:
    """What can be allowed."""
    return [consent.value for consent in Consent]
