"""What a deploy did, as data."""

from dataclasses import dataclass

from data_platform.schema.plan import Plan
from data_platform.schema.step import Step


@dataclass(frozen=True)
class Outcome:
    """What a deploy did.

    Args:
        plan: made while the lock was held; without the lock when there was nothing to do.
        ran: changesets that ran, and are recorded.
        marked: recorded without having run.
        skipped: not recorded; the next deploy tries them again.
        deployment_id: as recorded; None when nothing was.
    """

    plan: Plan
    ran: tuple[Step, ...] = ()
    marked: tuple[Step, ...] = ()
    skipped: tuple[Step, ...] = ()
    deployment_id: str | None = None
