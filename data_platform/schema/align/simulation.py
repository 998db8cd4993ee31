"""Live state as it becomes, change by change: what the planner looks at, so that each step builds on those before."""

from dataclasses import replace

from data_platform.schema.align.actual import Actual, Member, Tie
from data_platform.schema.align.belonging import creator_of, goes_with, lies_in
from data_platform.schema.align.changes import (
    DEFAULTS,
    AddMember,
    Adopt,
    Alter,
    Change,
    Create,
    Drop,
    Forget,
    Grant,
    Reassign,
    Redefine,
    Release,
    RemoveMember,
    Rename,
    Revoke,
)
from data_platform.schema.align.desired import Value
from data_platform.schema.align.dialect import Dialect
from data_platform.schema.align.holdings import Holdings
from data_platform.schema.align.names import Kind, Name, Target
from data_platform.schema.align.owning import change_owner, give_at_first
from data_platform.schema.align.renaming import rename


class Simulation:
    """A copy of live state that changes are made to.

    Args:
        actual: where it begins; left as it is.
        alignment: whose changes they are.
        dialect: of the database.
    """

    def __init__(self, actual: Actual, alignment: str, dialect: Dialect) -> None:
        self.alignment = alignment
        self.dialect = dialect
        self._began = actual
        self.objects: dict[Target, dict[str, Value]] = {key: dict(value) for key, value in actual.objects.items()}
        self.managed = dict(actual.managed)
        self.members = dict.fromkeys(actual.members)
        self.grants = Holdings(actual.grants)
        self.read_by = dict(actual.read_by)
        self.ties = dict(actual.ties)

    def now(self) -> Actual:
        """The state as it has become."""
        return replace(
            self._began,
            objects={key: dict(value) for key, value in self.objects.items()},
            managed=dict(self.managed),
            members=frozenset(self.members),
            grants=frozenset(self.grants),
            read_by={view: readers for view, readers in self.read_by.items() if readers},
            ties=dict(self.ties),
        )

    def do(self, change: Change) -> None:
        """Make one change."""
        match change:
            case Create(target, properties, _, reads):
                owner: dict[str, Value] = {"owner": self._began.applier} if target.kind is not Kind.ROLE else {}
                self.objects[target] = {**DEFAULTS, **owner, **properties}
                self.managed[target] = self.alignment
                self._reads(target, reads)
                give_at_first(self, target, self._began.applier)
            case Redefine(target, properties, _, reads):
                self.objects[target] = dict(properties)
                self._reads(target, reads)
            case Alter(target, "owner", value):
                change_owner(self, target, str(value))
            case Alter(target, key, value):
                self.objects[target][key] = value
            case Rename(target, _):
                rename(self, target, change.renamed)
            case Drop(target):
                self._drop(target)
            case Reassign(role, heir):
                for target, properties in list(self.objects.items()):
                    if properties.get("owner") == role:
                        change_owner(self, target, heir)
                target = Target(Kind.ROLE, (role,))
                self.ties[target] = tuple(tie for tie in self.ties.get(target, ()) if not tie.owned)
            case Adopt(target):
                self.managed[target] = self.alignment
            case Release(target) | Forget(target):
                self.managed.pop(target, None)
            case Grant() | Revoke() | AddMember() | RemoveMember():
                self._do_for_roles(change)

    def tied(self, target: Target) -> list[Tie]:
        """Why it cannot be dropped now: what it owned may be gone, or somebody else's, by now."""
        return [tie for tie in self.ties.get(target, ()) if not self._ended(tie, target)]

    def _do_for_roles(self, change: Grant | Revoke | AddMember | RemoveMember) -> None:
        match change:
            case Grant():
                self.grants.give(change)
            case Revoke():
                self.grants.take(change)
            case AddMember(role, member, admin, inherit, set_role):
                self.members[Member(role, member, self._began.applier, admin, inherit, set_role)] = None
            case RemoveMember():
                self._remove_member(change)

    def _ended(self, tie: Tie, target: Target) -> bool:
        if tie.target is None or tie.target not in self._began.objects:
            return False
        now = self.objects.get(tie.target)
        return now is None or (tie.owned and now.get("owner") != target.name[0])

    def _drop(self, target: Target) -> None:
        inside = [each for each in (*self.objects, *self.managed) if lies_in(each, target)]
        for each in (target, *inside):
            self.objects.pop(each, None)
            self.managed.pop(each, None)
            self.read_by.pop(each, None)
            self._reads(each, frozenset())
        self.grants.change(lambda held: None if goes_with(held.on, target) else held)
        if target.kind is Kind.ROLE:
            role = target.name[0]
            self.members = {m: None for m in self.members if m.role != role and m.member != target}
            self.grants.change(lambda held: None if role in (held.grantee, creator_of(held.on)) else held)

    def _reads(self, view: Target, reads: frozenset[Name]) -> None:
        for other, readers in list(self.read_by.items()):
            self.read_by[other] = readers - {view}
        for name in reads:
            read = Target(Kind.VIEW, name)
            self.read_by[read] = self.read_by.get(read, frozenset()) | {view}

    def _remove_member(self, change: RemoveMember) -> None:
        for each in list(self.members):
            if (each.role, each.member, each.grantor) != (change.role, change.member, change.grantor):
                continue
            del self.members[each]
            match change.option:
                case "admin":
                    self.members[replace(each, admin=False)] = None
                case "inherit":
                    self.members[replace(each, inherit=False)] = None
                case "set":
                    self.members[replace(each, set_role=False)] = None
