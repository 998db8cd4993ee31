"""One attempt to bring units to a version: a row in the ledger. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from data_platform.deployments.phases import HARMLESS, Outcome, Phase

SILENCE = timedelta(seconds=60)  # a deployer that lives is seen far more often


@dataclass(frozen=True)
class PhaseTime:
    """A phase that a deployment went through; `seconds` until the next one, or until now."""

    phase: Phase
    began_at: datetime
    seconds: float


@dataclass(frozen=True)
class Asked:
    """What is to be deployed, as it is known when a deployment begins.

    Attributes:
        units: names.
        environment: its name.
        owner: who.
        reason: why; shown on every run that waits.
        link: where to read more.
        commit: of the platform's repository; None outside one.
        uncommitted: whether files of these units differ from the commit.
        submodules: commit by path.
        before: version by unit that is served now; a unit that is not served is missing.
        after: version by unit that is on disk.
        manifests: hash of the dbt project by unit.
        smoke: what is run to verify it.
        allow: lint findings consented to.
        undoes: the deployment whose units this one brings back; None for most.
        image: the container image that the deployer runs in (`DATA_PLATFORM_IMAGE`); None outside one.
    """

    units: tuple[str, ...]
    environment: str
    owner: str
    reason: str
    link: str | None = None
    commit: str | None = None
    uncommitted: bool = False
    submodules: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, str] = field(default_factory=dict)
    smoke: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    undoes: int | None = None
    image: str | None = None


@dataclass(frozen=True)
class Deployment:
    """A deployment as the ledger tells it, at a moment of the database's clock.

    Attributes:
        token: the hold under which it changes something.
        changesets: schema changesets that ran, by unit.
        intended: what was to happen to the schema of a unit, noted before it was touched; see `schema_change.Intent`.
        seen_at: when its deployer last showed that it lives.
        held: whether a hold of its stays until somebody ends it.
    """

    id: int
    asked: Asked
    phase: Phase
    outcome: Outcome | None
    cause: str | None
    token: int | None
    changesets: dict[str, list[str]]
    asked_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    now: datetime
    phases: tuple[PhaseTime, ...] = ()
    intended: dict[str, Any] = field(default_factory=dict)
    held: bool = True

    @property
    def is_dead(self) -> bool:
        """Whether its deployer has died before it ended."""
        return self.outcome is None and self.now - self.seen_at > SILENCE

    @property
    def is_half_done(self) -> bool:
        """Whether something may be half done: its deployer is at it or has died, or its rollback failed."""
        return self.outcome is Outcome.ROLLBACK_FAILED or (self.outcome is None and self.phase not in HARMLESS)

    @property
    def needs_a_person(self) -> bool:
        """Whether its hold stays until somebody resumes it or rolls it back."""
        return self.state == "abandoned" or (self.outcome is Outcome.ROLLBACK_FAILED and self.held)

    @property
    def state(self) -> str:
        """Its outcome, or its phase; `abandoned` when its deployer died while it changed something."""
        if self.outcome:
            return str(self.outcome)
        return "abandoned" if self.is_dead and self.phase not in HARMLESS else str(self.phase)

    @property
    def seconds(self) -> float:
        """From its beginning to its end, or to now."""
        return ((self.ended_at or self.now) - self.asked_at).total_seconds()

    def as_row(self) -> dict[str, Any]:
        """For a table of deployments."""
        return {
            "deployment": self.id,
            "units": list(self.asked.units),
            "state": self.state,
            "by": self.asked.owner,
            "asked_at": f"{self.asked_at:%Y-%m-%d %H:%M:%S} UTC",
            "seconds": round(self.seconds, 1),
            "reason": self.asked.reason,
            "cause": self.cause,
        }

    def as_document(self) -> dict[str, Any]:
        """Everything that is known of it."""
        asked = self.asked
        return self.as_row() | {
            "phase": str(self.phase),
            "hold": self.token,
            "environment": asked.environment,
            "link": asked.link,
            "commit": asked.commit,
            "uncommitted": asked.uncommitted,
            "submodules": asked.submodules,
            "before": asked.before,
            "after": asked.after,
            "manifests": asked.manifests,
            "smoke": list(asked.smoke),
            "allow": list(asked.allow),
            "undoes": asked.undoes,
            "image": asked.image,
            "changesets": self.changesets,
            "phases": [{"phase": str(each.phase), "seconds": round(each.seconds, 2)} for each in self.phases],
        }
