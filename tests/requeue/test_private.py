"""What this room relies on in Dagster's private modules; a Dagster release that changes it fails here first."""

import inspect
from pathlib import Path

from dagster import DagsterInstance
from dagster._core.storage import tags
from dagster._core.storage.runs.schema import RunsTable, RunTagsTable

from data_platform.requeue import private
from data_platform.requeue.tags import BACKFILL_TAG, BACKFILL_TAGS
from tests.importing import importers

ROOM = Path(private.__file__).parent


def test_only_one_module_imports_what_is_private() -> None:
    assert importers(ROOM, "dagster._") == {"private.py"}


def test_a_backfill_knows_its_runs_by_what_is_taken_off() -> None:
    assert set(BACKFILL_TAGS) == tags.BACKFILL_TAGS
    assert tags.BACKFILL_ID_TAG == BACKFILL_TAG
    assert {"run_id", "run_body", "backfill_id", "status"} <= set(RunsTable.c.keys())
    assert {"run_id", "key", "value"} <= set(RunTagsTable.c.keys())


def test_the_methods_this_room_calls_take_what_it_gives() -> None:
    plan = inspect.signature(private.GrpcServerCodeLocation.get_execution_plan)
    assert list(plan.parameters)[1:] == [
        *("remote_job", "run_config", "step_keys_to_execute", "known_state", "instance")
    ]
    created = inspect.signature(DagsterInstance.create_run)
    assert {"asset_graph", "remote_job_origin", "job_code_origin", "parent_job_snapshot"} <= set(created.parameters)
