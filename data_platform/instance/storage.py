"""The storage that dagster.yaml names."""

import os
from collections.abc import Mapping
from typing import Any

from dagster import Field, StringSource

from data_platform.instance.address import database_url
from data_platform.instance.connections import shared_database
from data_platform.instance.events import PooledEventLogStorage
from data_platform.instance.private import (
    ConfigurableClass,
    ConfigurableClassData,
    DagsterStorage,
)
from data_platform.instance.runs import PooledRunStorage, PooledScheduleStorage
from data_platform.instance.tables import ensure_tables

_BATCH_VARIABLE, _BATCH_SIZE = "DAGSTER_EVENT_BATCH_SIZE", "1000"


class PooledPostgresStorage(DagsterStorage, ConfigurableClass):
    """Runs, events and schedules in PostgreSQL, in Dagster's own tables, over pooled connections.

    In dagster.yaml::

        storage:
          custom:
            module: data_platform.instance.storage
            class: PooledPostgresStorage
            config: {}

    Args:
        postgres_url: the database's address; see `data_platform.instance.address.database_url`.
        inst_data: what Dagster keeps to make the storage again in another process.
    """

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        self._database = shared_database(postgres_url)
        ensure_tables(self._database)
        self._event_log_storage = PooledEventLogStorage(self._database, inst_data)
        self._run_storage = PooledRunStorage(self._database, inst_data)
        self._schedule_storage = PooledScheduleStorage(self._database, inst_data)
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in Dagster

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """What Dagster keeps to make the storage again in another process."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """One optional setting: `postgres_url`, a value or `{env: NAME}`."""
        return {"postgres_url": Field(StringSource, is_required=False)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledPostgresStorage":
        """Make the storage from dagster.yaml.

        Raises:
            InstanceError: the database does not answer.
            UsageError: the environment is unknown.
        """
        # Dagster hands a run's planned events over in batches only where this says so; processes started by this one
        # inherit it
        os.environ.setdefault(_BATCH_VARIABLE, _BATCH_SIZE)
        return cls(database_url(config_value.get("postgres_url")), inst_data)

    @property
    def event_log_storage(self) -> PooledEventLogStorage:
        """Events, asset records, checks, partitions, concurrency slots."""
        return self._event_log_storage

    @property
    def run_storage(self) -> PooledRunStorage:
        """Runs, snapshots, backfills, heartbeats, key-value pairs."""
        return self._run_storage

    @property
    def schedule_storage(self) -> PooledScheduleStorage:
        """Schedules, sensors, ticks, automation evaluations."""
        return self._schedule_storage
