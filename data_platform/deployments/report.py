"""What a deployment says of each of its units in Dagster: which gates it passed, and what is served now. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from data_platform.deployments.deployment import Deployment, PhaseTime
from data_platform.deployments.phases import Outcome, Phase


class Gate(StrEnum):
    """What a deployment must pass; one asset check each."""

    LOADS = "loads"
    SCHEMA = "schema"
    VERIFIED = "verified"
    SETTLED = "settled"


MEANINGS = {
    Gate.LOADS: "The new version loads: in a process of its own, and then in the code server.",
    Gate.SCHEMA: "The unit's schema changesets ran.",
    Gate.VERIFIED: "The smoke runs, where some were asked for, succeeded with the new version.",
    Gate.SETTLED: "The deployment ended well, changed nothing, or was rolled back whole. No person is needed.",
}
_PHASES = {
    Gate.LOADS: {Phase.VALIDATING, Phase.CODE},
    Gate.SCHEMA: {Phase.SCHEMA},
    Gate.VERIFIED: {Phase.VERIFYING},
}


@dataclass(frozen=True)
class GateResult:
    """Whether a gate was passed, and what to say of it."""

    gate: Gate
    passed: bool
    said: str


@dataclass(frozen=True)
class Report:
    """What a deployment says of one unit.

    Attributes:
        gates: those it came to. One that it did not come to keeps what an earlier deployment said.
        serves: whether the unit serves the new version since; then this is a materialization, else an observation.
        version: the new one.
        facts: texts, numbers, lists and dictionaries by name; what is not known is missing.
    """

    unit: str
    gates: tuple[GateResult, ...]
    serves: bool
    version: str | None
    facts: dict[str, Any] = field(default_factory=dict)
    phases: tuple[PhaseTime, ...] = ()


def reports_of(deployment: Deployment) -> list[Report]:
    """What a deployment that has ended, or was abandoned, says of each of its units; nothing if it was superseded."""
    if deployment.outcome is Outcome.SUPERSEDED:
        return []
    return [
        Report(
            unit,
            tuple(_gates(deployment, unit)),
            _serves(deployment),
            deployment.asked.after.get(unit),
            _facts(deployment, unit),
            tuple(each for each in deployment.phases if each.phase is not Phase.DONE),
        )
        for unit in deployment.asked.units
    ]


def _went(deployment: Deployment) -> list[Phase]:
    """The phases of going forward; the last one is where it failed, if it did."""
    went: list[Phase] = [each.phase for each in deployment.phases if each.phase != Phase.DONE]
    if Phase.ROLLING_BACK in went:
        return went[: went.index(Phase.ROLLING_BACK)]
    # one that changed nothing only gave its holds back
    return [phase for phase in went if phase is not Phase.RELEASING or deployment.outcome is not Outcome.FAILED]


def _gates(deployment: Deployment, unit: str) -> list[GateResult]:
    went, cause = _went(deployment), _cause(deployment)
    stopped = went[-1] if went and deployment.outcome is not Outcome.SUCCEEDED else None
    ran = len(deployment.changesets.get(unit, []))
    passed = {
        Gate.LOADS: f"version {deployment.asked.after.get(unit, '(unknown)')} loads",
        Gate.SCHEMA: f"changesets that ran: {ran}" if ran else "nothing had to run",
        Gate.VERIFIED: "the new version works",
    }
    found = []
    for gate, said in passed.items():
        if _PHASES[gate] & set(went):
            failed = stopped in _PHASES[gate]
            found.append(GateResult(gate, not failed, _numbered(deployment, cause if failed else said)))
    return [*found, _settled(deployment)]


def _settled(deployment: Deployment) -> GateResult:
    cause = _cause(deployment)
    said: dict[Outcome | None, str] = {
        Outcome.SUCCEEDED: f"succeeded after {deployment.seconds:.0f} s",
        Outcome.FAILED: f"nothing was changed: {cause}",
        Outcome.FAILED_AND_ROLLED_BACK: f"rolled back: {cause}",
    }
    passed = deployment.outcome in said
    text = said.get(deployment.outcome, f"runs wait until a person settles it: {cause}")
    return GateResult(Gate.SETTLED, passed, _numbered(deployment, text))


def _serves(deployment: Deployment) -> bool:
    """Code goes back even where the rest of a rollback fails."""
    return deployment.outcome is Outcome.SUCCEEDED


def _cause(deployment: Deployment) -> str:
    if deployment.outcome is None:
        return f"its deployer died while {str(deployment.phase).replace('_', ' ')}"
    return deployment.cause or "no cause given"


def _numbered(deployment: Deployment, text: str) -> str:
    return f"deployment {deployment.id}: {text}"


def _facts(deployment: Deployment, unit: str) -> dict[str, Any]:
    asked = deployment.asked
    known = {
        "deployment": deployment.id,
        "outcome": deployment.state.replace("_", " "),
        "cause": None if deployment.outcome is Outcome.SUCCEEDED else _cause(deployment),
        "by": asked.owner,
        "reason": asked.reason,
        "link": asked.link,
        "units": ", ".join(asked.units),
        "version before": asked.before.get(unit),
        "version after": asked.after.get(unit),
        "commit": asked.commit and asked.commit + (" with uncommitted changes" if asked.uncommitted else ""),
        "submodules": asked.submodules,
        "manifest": asked.manifests.get(unit),
        "changesets": deployment.changesets.get(unit),
        "seconds": round(deployment.seconds, 1),
    }
    return {name: value for name, value in known.items() if value not in (None, {}, [])}
