"""What a run will execute, as far as it matters whether two versions of the code agree on it. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_MAPPED = re.compile(r"\[[^\]]*\]")
_SHOWN = 5


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        key: its name in the run.
        makes: assets (`fleet/marts/routes`) and checks (`fleet/marts/routes:not_null`) it is to report.
        pool: where it waits for a slot.
    """

    key: str
    makes: frozenset[str] = frozenset()
    pool: str | None = None


@dataclass(frozen=True)
class Plan:
    """The steps of a run.

    Attributes:
        steps: all that its job and selection have, by key.
        chosen: keys of those that it executes; a retry from a failure leaves some out.
        fixed: what the code server computed once and the run brings along; empty if there is nothing.
    """

    steps: Mapping[str, Step]
    chosen: frozenset[str]
    fixed: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it executes all of them."""
        return self.chosen >= set(self.steps)

    def step(self, key: str) -> Step | None:
        """The step of a key; `work[3]`, which a run made of `work[?]`, is a step of that."""
        return self.steps.get(key) or self.steps.get(_MAPPED.sub("[?]", key))

    def still(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of some keys that are here."""
        return frozenset(key for key in keys if self.step(key))


def plan(steps: Iterable[Step], chosen: Collection[str] = (), fixed: str = "") -> Plan:
    """A plan of these steps; all of them are executed if none is chosen."""
    by_key = {step.key: step for step in steps}
    return Plan(by_key, frozenset(chosen or by_key), fixed)


def difference(made: Plan, now: Plan) -> str:
    """What a run that was made with one plan would do differently with another; empty if nothing.

    Args:
        made: the plan that the run was made with.
        now: all steps that the code has now for the same job and selection.
    """
    had = {key: made.step(key) for key in made.chosen}
    has = {key: now.step(key) for key in (had if not made.is_whole else {*had, *now.steps})}
    parts = {
        "gone": [key for key in had if has[key] is None],
        "new": [key for key in has if key not in had],
        "changed": [key for key, step in had.items() if has[key] is not None and has[key] != step],
        "made with other metadata": ["all"] if made.fixed != now.fixed else [],
    }
    return "; ".join(f"{what}: {named(keys)}" for what, keys in parts.items() if keys)


def narrowed(selection: Set[T] | None, known: Collection[T]) -> frozenset[T] | None:
    """What is left of a selection; None, which means everything, stays."""
    return None if selection is None else frozenset(selection & set(known))


def named(names: Iterable[str]) -> str:
    """Some names, and how many more there are."""
    listed = sorted(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
