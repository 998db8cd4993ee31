"""Looking at every run in the queue of what was deployed, just before the holds end."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from dagster import DagsterError, DagsterInstance, DagsterRun

from data_platform.gate import Hold, HoldLostError
from data_platform.gate.instance import holds_of
from data_platform.requeue.code_servers import code_servers
from data_platform.requeue.fate import Fate, Fates, Verdict
from data_platform.requeue.reading import said
from data_platform.requeue.replacing import Replacing

_ADVICE = {
    Verdict.VANISHED: "If it is still needed, start what has taken its place",
    Verdict.REFUSED: "If it is still needed, start it anew with a configuration and selection of the new version",
}


def sort_out(
    instance: DagsterInstance,
    taken: Sequence[Hold],
    workspace: Path,
    deployment: int,
    tell: Callable[[str], None],
) -> Counter[str]:
    """Leave the runs that wait alone where they fit what is served now; submit anew or cancel those that do not.

    A run that cannot be looked at is left alone, and told of. Safe to repeat.

    Args:
        taken: the holds under which the runs wait.
        workspace: path of the `workspace.yaml` that webserver and daemon read.
        deployment: its number, which the runs' events name.
        tell: is given a line for each thing that happens.

    Returns:
        How many runs there were of each kind: `unchanged`, `submitted anew`, `cancelled`,
        `ended meanwhile`, `not looked at`.

    Raises:
        HoldLostError: one of the holds expired or ended.
    """
    counts, holds = Counter[str](), holds_of(instance)

    def fence() -> None:
        for hold in taken:
            holds.check(hold.id)

    replacing = Replacing(instance, holds, fence)
    with code_servers(instance, workspace) as servers:
        fates = Fates(instance, servers)
        for run_id in dict.fromkeys(run for hold in taken for run in holds.waiting(hold.scope)):
            run = instance.get_run_by_id(run_id)
            if run is None:
                continue
            try:
                counts[_settle(replacing, run, fates.of(run), deployment, tell)] += 1
            except HoldLostError:
                raise
            except Exception as error:  # one run must not keep the others from being looked at, nor the release
                counts["not looked at"] += 1
                tell(f"run {run_id} is left as it is: {said(error)}")
    return counts


def _settle(replacing: Replacing, run: DagsterRun, fate: Fate, deployment: int, tell: Callable[[str], None]) -> str:
    if fate.verdict is Verdict.UNCHANGED:
        return "unchanged"
    assert run.remote_job_origin  # noqa: S101 - else there would be nothing to compare
    since = f"since deployment {deployment}, {run.remote_job_origin.location_name}"
    if fate.successor is not None:
        try:
            new = replacing.resubmit(run, fate.successor, f"{since} {fate.why}")
        except DagsterError as error:  # such as a partition that is gone
            fate = Fate(Verdict.REFUSED, f"does not take it any more: {said(error)}")
        else:
            if new is None:
                return "ended meanwhile"
            tell(f"run {run.run_id} of {run.job_name} is submitted anew as {new}: {since} {fate.why}")
            return "submitted anew"
    message = f"Cancelled: {since} {fate.why}. {_ADVICE[fate.verdict]}; `dp deploy show {deployment}` tells more."
    if not replacing.cancel(run, message):
        return "ended meanwhile"
    tell(f"run {run.run_id} of {run.job_name} is cancelled: {since} {fate.why}")
    return "cancelled"
