"""What the database says after a soak, and which rules its rows break."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import psycopg2
import psycopg2.extras

from tests.deployments.soaking import STEPS


@dataclass(frozen=True)
class RunRow:
    """A run; moments are seconds since 1970.

    Attributes:
        said: what each of its steps said: the version it was loaded from, the one served at that moment, a word.
        starts: how often its process began.
        exempt: whether it was started in spite of a hold.
    """

    run_id: str
    unit: str
    status: str
    begun: float | None
    ended: float | None
    said: Mapping[str, str] = field(default_factory=dict)
    starts: int = 1
    exempt: bool = False


@dataclass(frozen=True)
class Gap:
    """The span in which a deployment changes one scope."""

    deployment: int
    scope: str
    begun: float
    ended: float

    def covers(self, unit: str) -> bool:
        return self.scope in ("*", unit)


@dataclass(frozen=True)
class DeploymentRow:
    """A deployment: `outcome` is None as long as it goes on, `after` is the version it brings by unit."""

    number: int
    outcome: str | None
    after: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rows:
    runs: Collection[RunRow]
    gaps: Collection[Gap]
    deployments: Collection[DeploymentRow]
    holds_left: Collection[str] = ()


@dataclass(frozen=True)
class Promised:
    """What those who submitted and deployed know.

    Attributes:
        submitted: runs.
        outcomes: how each deployment may end.
        served: version that is served by unit in the end.
    """

    submitted: Collection[str]
    outcomes: Mapping[int, Collection[str]]
    served: Mapping[str, str]


def violations(rows: Rows, promised: Promised) -> list[str]:
    """The rules that are broken, one line for each time."""
    known = {run.run_id for run in rows.runs}
    return [
        *(f"run {run} was lost" for run in promised.submitted if run not in known),
        *(line for run in rows.runs if not run.exempt for line in _of_run(run, rows)),
        *(f"hold {hold} is left" for hold in rows.holds_left),
        *(line for deployment in rows.deployments for line in _of_deployment(deployment, promised)),
        *_of_served(rows, promised),
    ]


def _of_run(run: RunRow, rows: Rows) -> Iterator[str]:
    name = f"run {run.run_id} of {run.unit}"
    if run.status != "SUCCESS":
        yield f"{name} ended as {run.status}"
        return
    if run.begun is None or run.ended is None:
        yield f"{name} has no times"
        return
    if run.starts != 1:
        yield f"{name} was started {run.starts} times"
    for gap in rows.gaps:
        if gap.covers(run.unit) and run.begun < gap.ended and run.ended > gap.begun:
            how = "started in" if run.begun >= gap.begun else "was in flight in"
            yield f"{name} {how} the gap of deployment {gap.deployment}"
    if set(run.said) != set(STEPS):
        yield f"{name} says {sorted(run.said)} instead of {sorted(STEPS)}"
        return
    if len(set(run.said.values())) != 1:
        yield f"{name} executed several versions: {dict(run.said)}"
        return
    loaded, served, *_ = run.said[STEPS[0]].split()
    if loaded != served:
        yield f"{name} executed {loaded} while {served} was served"
    newest = _latest(rows, run.unit, run.begun)
    if newest not in (None, loaded):
        yield f"{name} executed {loaded}, but {newest} was deployed before"


def _latest(rows: Rows, unit: str, moment: float) -> str | None:
    """The version that the last successful deployment before a moment brought."""
    succeeded = {each.number: each for each in rows.deployments if each.outcome == "succeeded"}
    before = [
        gap
        for gap in rows.gaps
        if gap.ended <= moment and gap.covers(unit) and unit in getattr(succeeded.get(gap.deployment), "after", ())
    ]
    return succeeded[max(before, key=lambda gap: gap.ended).deployment].after[unit] if before else None


def _of_deployment(deployment: DeploymentRow, promised: Promised) -> Iterator[str]:
    name, expected = f"deployment {deployment.number}", promised.outcomes.get(deployment.number)
    if deployment.outcome is None:
        yield f"{name} has not ended"
    elif expected is None:
        yield f"{name} was begun by nobody"
    elif deployment.outcome not in expected:
        yield f"{name} {deployment.outcome} instead of {' or '.join(sorted(expected))}"


def _of_served(rows: Rows, promised: Promised) -> Iterator[str]:
    for unit, version in promised.served.items():
        newest = _latest(rows, unit, float("inf"))
        if newest not in (None, version):
            yield f"{unit} serves {version}, but {newest} was deployed"


def read_rows(url: str, since: float, first: int) -> Rows:
    """Runs of a moment and later, deployments from a number on, and every hold that stands."""
    connection = psycopg2.connect(url, cursor_factory=psycopg2.extras.DictCursor)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(_RUNS, {"since": since})
            runs = [RunRow(**_said(row)) for row in cursor.fetchall()]
            cursor.execute(_GAPS, {"first": first})
            gaps = [Gap(**row) for row in cursor.fetchall()]
            cursor.execute("SELECT id, outcome, after FROM platform.deployment WHERE id >= %s", (first,))
            deployments = [DeploymentRow(*row) for row in cursor.fetchall()]
            cursor.execute("SELECT id || ' on ' || scope FROM platform.hold WHERE phase <> 'ended'")
            return Rows(runs, gaps, deployments, [row[0] for row in cursor.fetchall()])
    finally:
        connection.close()


def _said(row: Mapping[str, object]) -> dict[str, object]:
    values = dict(row)
    tags: Iterable[tuple[str, str]] = values.pop("tags") or ()  # type: ignore[assignment]  # a row of the database
    return values | {"said": {key.removeprefix("soak/"): value for key, value in tags}}


_RUNS = """
SELECT r.run_id, r.status, r.start_time AS begun, r.end_time AS ended,
    COALESCE((SELECT value FROM run_tags t WHERE t.run_id = r.run_id AND t.key = 'dagster/code_location'), '') AS unit,
    (SELECT count(*) FROM event_logs e WHERE e.run_id = r.run_id AND e.dagster_event_type = 'PIPELINE_START') AS starts,
    (SELECT json_agg(json_build_array(t.key, t.value)) FROM run_tags t
     WHERE t.run_id = r.run_id AND t.key LIKE 'soak/%%') AS tags,
    EXISTS (SELECT FROM platform.hold_exemption e WHERE e.run_id = r.run_id) AS exempt
FROM runs r WHERE extract(epoch FROM r.create_timestamp AT TIME ZONE 'UTC') >= %(since)s
"""

# `schema` is entered when the hold has become `applying`; a hold that was taken over goes on in the next one
_GAPS = """
SELECT d.id AS deployment, h.scope, extract(epoch FROM p.began_at)::float AS begun,
    extract(epoch FROM max(COALESCE(h.ended_at, 'infinity')))::float AS ended
FROM platform.deployment d
JOIN platform.deployment_phase p ON p.deployment = d.id AND p.phase = 'schema'
    AND p.position = (SELECT min(position) FROM platform.deployment_phase q
                      WHERE q.deployment = d.id AND q.phase = 'schema')
JOIN platform.hold h ON h.deployment = d.id::text AND h.held_since IS NOT NULL
WHERE d.id >= %(first)s GROUP BY d.id, h.scope, p.began_at
"""
