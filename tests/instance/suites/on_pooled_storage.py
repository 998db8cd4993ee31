"""Dagster's own test classes for storage authors, on the pooled storage.

Run by `test_dagster_suites.py`, with DATABASE_URL set and Dagster's `dagster_tests` package on the path.
"""

import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy
from dagster import DagsterInstance, DagsterRun
from dagster._core.test_utils import instance_for_test
from dagster._core.utils import make_new_run_id
from dagster._utils.test.schedule_storage import TestScheduleStorage as ScheduleSuite

from data_platform.instance.connections import shared_database


def _run(**values: Any) -> DagsterRun:
    return DagsterRun(**{"job_name": "a_job", "run_id": make_new_run_id(), **values})


# the suites take this one function from a package that is not published
_factory = ModuleType("dagster_test.utils.data_factory")
_factory.dagster_run = _run  # type: ignore[attr-defined]
sys.modules |= {name: ModuleType(name) for name in ("dagster_test", "dagster_test.utils")} | {
    _factory.__name__: _factory
}

from dagster_tests.storage_tests.utils.daemon_cursor_storage import TestDaemonCursorStorage as DaemonCursorSuite  # noqa: E402
from dagster_tests.storage_tests.utils.event_log_storage import TestEventLogStorage as EventLogSuite  # noqa: E402
from dagster_tests.storage_tests.utils.partition_status_cache import (  # noqa: E402
    TestPartitionStatusCache as PartitionStatusSuite,
)
from dagster_tests.storage_tests.utils.run_storage import TestRunStorage as RunSuite  # noqa: E402

URL = os.environ["DATABASE_URL"]
STORAGE = {
    "custom": {
        "module": "data_platform.instance.storage",
        "class": "PooledPostgresStorage",
        "config": {"postgres_url": URL},
    }
}


def _empty_tables() -> None:
    with shared_database(URL).connect() as connection:
        tables = set(sqlalchemy.inspect(connection).get_table_names())
        data = ", ".join(tables - {"alembic_version", "secondary_indexes", "instance_info"})
        if data:
            connection.exec_driver_sql(f"TRUNCATE {data} RESTART IDENTITY CASCADE")


class OnPooledStorage:
    @pytest.fixture
    def instance(self) -> Iterator[DagsterInstance]:
        _empty_tables()
        with instance_for_test(overrides={"storage": STORAGE}) as instance:
            yield instance


class TestEvents(OnPooledStorage, EventLogSuite):
    __test__ = True

    @pytest.fixture
    def storage(self, instance: DagsterInstance) -> Any:
        return instance.event_log_storage

    def can_wipe_asset_partitions(self) -> bool:
        return False


class TestRuns(OnPooledStorage, RunSuite):
    __test__ = True

    @pytest.fixture
    def storage(self, instance: DagsterInstance) -> Any:
        return instance.run_storage

    def supports_backfill_tags_filtering_queries(self) -> bool:
        return True

    def supports_backfill_job_name_filtering_queries(self) -> bool:
        return True

    def supports_backfill_id_filtering_queries(self) -> bool:
        return True

    def supports_backfills_count(self) -> bool:
        return True


class TestDaemonCursors(OnPooledStorage, DaemonCursorSuite):
    __test__ = True

    @pytest.fixture
    def storage(self, instance: DagsterInstance) -> Any:
        return instance.run_storage


class TestPartitionStatus(OnPooledStorage, PartitionStatusSuite):
    __test__ = True


class TestSchedules(OnPooledStorage, ScheduleSuite):
    __test__ = True

    @pytest.fixture
    def storage(self, instance: DagsterInstance) -> Any:
        return instance.schedule_storage
