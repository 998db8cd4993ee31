"""Dagster's runs, schedules and sensors on pooled connections."""

from contextlib import AbstractContextManager
from datetime import datetime

from dagster import DagsterEvent, DagsterRun
from dagster_postgres import PostgresRunStorage, PostgresScheduleStorage
from sqlalchemy.engine import Connection

from data_platform.instance.connections import Database
from data_platform.instance.past_queue import refuse_past_queue
from data_platform.instance.pooled import Pooled
from data_platform.instance.private import ConfigurableClassData
from data_platform.instance.tables import asks_once


@asks_once(
    "has_run_stats_index_cols",
    "has_bulk_actions_selector_cols",
    "has_backfill_id_column",
    "has_bulk_action_job_name_column",
    "has_backfill_tags_table",
)
class PooledRunStorage(Pooled, PostgresRunStorage):
    """Dagster's PostgreSQL run storage, the same tables and rows, on pooled connections."""

    def __init__(self, database: Database, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(database.url, should_autocreate_tables=False, inst_data=inst_data)
        self.use(database)

    def connect(self) -> AbstractContextManager[Connection]:
        """A connection in autocommit mode."""
        return self.database.connect()

    def add_run(self, dagster_run: DagsterRun) -> DagsterRun:
        """Store a new run.

        Raises:
            PastQueueError: it would be executed past the queue where deployed versions are served.
        """
        refuse_past_queue(dagster_run)
        return super().add_run(dagster_run)

    def handle_run_event(self, run_id: str, event: DagsterEvent, update_timestamp: datetime | None = None) -> None:
        """Bring a run's status and tags up to an event, together; repeated if the server goes away meanwhile."""

        def handle() -> None:
            with self.database.transaction():
                super(PooledRunStorage, self).handle_run_event(run_id, event, update_timestamp)

        self.database.patiently(handle)


@asks_once(
    "_has_instigators_table",
    "_has_asset_daemon_asset_evaluations_table",
    "has_secondary_index_table",
    "has_built_index",
)
class PooledScheduleStorage(Pooled, PostgresScheduleStorage):
    """Dagster's PostgreSQL schedule storage, the same tables and rows, on pooled connections."""

    def __init__(self, database: Database, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(database.url, should_autocreate_tables=False, inst_data=inst_data)
        self.use(database)

    def connect(self, run_id: str | None = None) -> AbstractContextManager[Connection]:
        """A connection in autocommit mode."""
        return self.database.connect()
