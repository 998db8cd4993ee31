"""Whether the partitions that a run is for are still there; Dagster's runs find out only when a step begins."""

from collections.abc import Iterable, Mapping

from dagster import AssetKey, DagsterInstance

from data_platform.requeue.private import RemoteRepository, partition_loading_context

_TAGS = ("dagster/partition", "dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def missing_partition(
    instance: DagsterInstance, repository: RemoteRepository, assets: Iterable[AssetKey], tags: Mapping[str, str]
) -> str:
    """The first partition named by a run's tags that an asset of it does not have; empty if there is none.

    Args:
        instance: keeps the partitions that are added while the platform runs.
        assets: that the run makes.
    """
    wanted = [tags[name] for name in _TAGS if name in tags]
    if not wanted:
        return ""
    graph = repository.asset_graph
    with partition_loading_context(dynamic_partitions_store=instance):
        for asset in sorted(assets, key=AssetKey.to_user_string):
            partitions = graph.get(asset).partitions_def if graph.has(asset) else None
            for partition in wanted:
                if partitions and not partitions.has_partition_key(partition):
                    return f"partition {partition} of {asset.to_user_string()}"
    return ""
