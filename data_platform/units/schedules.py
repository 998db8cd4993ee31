"""The build job of a unit, and when it runs by itself."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from data_platform.dbt.graph import DbtGraph
from data_platform.dbt.specs import partitions_of
from data_platform.environment import Environment, EnvironmentName
from data_platform.units.card import Schedule
from data_platform.units.location import JOB, VERSION_TAG

# elsewhere a person starts a schedule, in the UI under Automation
SCHEDULED_ENVIRONMENTS = frozenset({EnvironmentName.DEV, EnvironmentName.PROD})
SCHEDULED_PARTITIONS = 2


def build_job(version: str) -> Any:
    """The job that builds everything of the code location; its runs bear the version of the unit's code."""
    return dg.define_asset_job(
        JOB,
        # also checks of what this unit only reads, such as dbt's tests of sources
        selection=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
        description="Builds everything of this unit.",
        tags={VERSION_TAG: version},
    )


def build_schedule(schedule: Schedule, graph: DbtGraph, environment: Environment) -> dg.ScheduleDefinition:
    """The schedule of the build job; it runs by itself in dev and prod.

    Partitioned models are built for the latest partitions only: late data of the one before is taken along, and
    history is left to backfills.
    """

    @dg.schedule(
        name=f"{JOB}_schedule",
        job_name=JOB,
        cron_schedule=schedule.cron,
        execution_timezone=schedule.timezone,
        default_status=(
            dg.DefaultScheduleStatus.RUNNING
            if environment.name in SCHEDULED_ENVIRONMENTS
            else dg.DefaultScheduleStatus.STOPPED
        ),
        description="Builds everything of this unit by itself.",
    )
    def _schedule() -> dg.RunRequest:
        # Dagster takes its own tags from a run request only, not from a schedule's tags
        return dg.RunRequest(tags=partition_tags(graph, latest=SCHEDULED_PARTITIONS))

    return _schedule


def partition_tags(graph: DbtGraph, *, latest: int | None = None) -> dict[str, str]:
    """Run tags that name the partitions a build covers; none where no model is partitioned.

    Args:
        graph: the unit's dbt project.
        latest: only so many of the last partitions; None means all.
    """
    partitions = next(_partitions(graph), None)
    keys = partitions.get_partition_keys() if partitions else []
    if not keys:
        return {}
    first = keys[-latest] if latest and latest <= len(keys) else keys[0]
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": keys[-1]}


def _partitions(graph: DbtGraph) -> Iterator[dg.TimeWindowPartitionsDefinition]:
    return (found for model in graph.models if (found := partitions_of(model.batches)))
