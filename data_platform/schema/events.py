"""What a deploy tells while it runs: for lines on a terminal, for Dagster, for tests."""

from dataclasses import dataclass
from enum import StrEnum

from data_platform.schema.step import Step


class Kind(StrEnum):
    """What happened."""

    WAITING = "waiting"  # somebody else holds the lock
    NOTICE = "notice"  # something to know, of no changeset
    RUNNING = "running"  # a changeset begins
    RAN = "ran"
    MARKED = "marked"  # recorded as MARK_RAN: its precondition does not hold
    SKIPPED = "skipped"  # its precondition does not hold, or it failed and has failOnError:false; tried again next time
    WARNED = "warned"  # it goes on, but somebody should read this
    RESUMED = "resumed"  # an earlier try did some of its statements; the others run now
    UPGRADED = "upgraded"  # its checksum was rewritten
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Args:
        text: one line; empty when kind and changeset say it all.
        step: the changeset it is about, or None.
        seconds: for RAN, how long it took.
        notices: for RAN, what the database remarked.
    """

    kind: Kind
    text: str = ""
    step: Step | None = None
    seconds: float = 0.0
    notices: tuple[str, ...] = ()

    def __str__(self) -> str:
        about = str(self.step.changeset.identity) if self.step else ""
        return ": ".join(part for part in (about, self.text or self.kind.value) if part)
