"""Who holds what, while a plan is made: found by object without looking at everything."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from data_platform.schema.align.actual import Held
from data_platform.schema.align.changes import Grant, Revoke
from data_platform.schema.align.names import Future, Securable


class Holdings:
    """A set of privileges held, in the order in which they were given.

    Args:
        held: at the beginning.
    """

    def __init__(self, held: Iterable[Held]) -> None:
        self._on: dict[Securable, dict[Held, None]] = {}
        for each in held:
            self.add(each)

    def __iter__(self) -> Iterator[Held]:
        for found in self._on.values():
            yield from found

    def __contains__(self, held: Held) -> bool:
        return held in self._on.get(held.on, ())

    def on(self, what: Securable, grantee: str | None = None) -> list[Held]:
        """What is held on something, by anybody or by one role."""
        found = self._on.get(what, {})
        return [each for each in found if grantee in (None, each.grantee)]

    def rules(self) -> list[Held]:
        """What is held on objects to come."""
        return [each for on, found in self._on.items() if isinstance(on, Future) for each in found]

    def add(self, held: Held) -> None:
        """Give a privilege."""
        self._on.setdefault(held.on, {})[held] = None

    def remove(self, held: Held) -> bool:
        """Take a privilege; tells whether it was held."""
        found = self._on.get(held.on, {})
        if held not in found:
            return False
        del found[held]
        return True

    def change(self, to: Callable[[Held], Held | None]) -> None:
        """Make something else of each, or nothing."""
        before = list(self)
        self._on = {}
        for each in before:
            after = to(each)
            if after is not None:
                self.add(after)

    def give(self, change: Grant) -> None:
        """Give privileges; one that may be passed on is not held a second time without that."""
        for privilege in change.privileges:
            without = Held(change.on, change.grantee, privilege)
            grantable = replace(without, grantable=True)
            if change.grantable:
                self.remove(without)
                self.add(grantable)
            elif grantable not in self:
                self.add(without)

    def take(self, change: Revoke) -> None:
        """Take privileges, or only the right to pass them on."""
        for privilege in change.privileges:
            held = Held(change.on, change.grantee, privilege, grantor=change.grantor)
            had = [self.remove(each) for each in (held, replace(held, grantable=True))]
            if change.only_grant_option and any(had):
                self.add(held)
