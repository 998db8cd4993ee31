"""Where a deployment stands, and how it can end. Pure."""

from enum import StrEnum


class Phase(StrEnum):
    """Where a deployment stands; the order is that of its life."""

    VALIDATING = "validating"  # the new version is loaded in a process of its own; nothing is held yet
    WAITING = "waiting"  # in line for its holds
    HOLDING = "holding"  # the holds are taken; runs in the queue are told
    DRAINING = "draining"  # runs in flight finish
    SCHEMA = "schema"  # nothing runs from here on; changesets run
    CODE = "code"  # dbt artefacts and code servers switch
    VERIFYING = "verifying"  # smoke runs
    ROLLING_BACK = "rolling_back"
    RELEASING = "releasing"
    DONE = "done"


class Outcome(StrEnum):
    """How a deployment ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"  # nothing was changed
    FAILED_AND_ROLLED_BACK = "failed_and_rolled_back"  # what was changed was taken back
    ROLLBACK_FAILED = "rollback_failed"  # something is changed that should not be; the hold stays
    SUPERSEDED = "superseded"  # a newer one of the same units brings what this one would have


# a deployer that dies here has changed nothing, and its hold ends by itself
HARMLESS = frozenset({Phase.VALIDATING, Phase.WAITING, Phase.HOLDING, Phase.DRAINING})
