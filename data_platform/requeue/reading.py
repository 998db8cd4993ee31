"""What Dagster's objects say, in the terms of this room."""

import textwrap
from typing import Any

from dagster import DagsterRun

from data_platform.requeue.plan import Plan, Step, named, narrowed, plan
from data_platform.requeue.private import ExecutionPlanSnapshot, RemoteRepository, serialize_value

_LONGEST = 400  # letters of an error


def said(error: Exception) -> str:
    """What the code said, in a line: the first cause."""
    message, infos = str(error), getattr(error, "user_code_process_error_infos", None)
    if infos:
        info = infos[0]
        while info.cause:
            info = info.cause
        message = info.message
    return textwrap.shorten(message, _LONGEST, placeholder=" ...") or type(error).__name__


def left_of(run: DagsterRun, repository: RemoteRepository) -> tuple[Any, Any, str]:
    """What is left of the assets and checks that were selected, and the names of those that are gone."""
    assets = {snap.asset_key for snap in repository.get_asset_node_snaps(run.job_name)}
    checks = {snap.key for snap in repository.get_asset_check_node_snaps(run.job_name)}
    left = narrowed(run.asset_selection, assets), narrowed(run.asset_check_selection, checks)
    gone = [key.to_user_string() for key in (run.asset_selection or frozenset()) - assets]
    gone += [key.to_user_string() for key in (run.asset_check_selection or frozenset()) - checks]
    return *left, f"gone: {named(gone)}" if gone else ""


def plan_of(snapshot: ExecutionPlanSnapshot) -> Plan:
    """The steps of a plan that Dagster made."""
    steps = [
        Step(step.key, frozenset(key.to_user_string() for key in step.entity_keys), step.pool)
        for step in snapshot.steps
    ]
    fixed = serialize_value(snapshot.repository_load_data) if snapshot.repository_load_data else ""
    return plan(steps, snapshot.step_keys_to_execute, fixed)
