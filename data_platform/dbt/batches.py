"""How the models of a project that are built by time are partitioned in Dagster. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from data_platform.dbt.graph import Batches

SIZES = ("hour", "day", "month", "year")


def batches_of(config: Mapping[str, Any]) -> Batches | None:
    """Batches of a microbatch model, or of any incremental model that is configured like one.

    Args:
        config: the model's: `batch_size`, `begin`, and optionally `meta.partitions_end` for data that has ended.
    """
    size, begin = config.get("batch_size"), config.get("begin")
    if config.get("materialized") != "incremental" or str(size) not in SIZES or not begin:
        return None
    end = (config.get("meta") or {}).get("partitions_end")
    try:
        return _batches(str(size), _moment(begin), _moment(end) if end else None)
    except ValueError:
        return None  # dbt itself says what is wrong with it


def common(batches: Iterable[Batches]) -> Batches | None:
    """The one partitioning of all models of a project: Dagster runs models together only when they share theirs.

    It has the coarsest of the sizes (dbt cuts a longer range into the batches of each model), begins with the first
    and ends with the last of them.
    """
    found = list(batches)
    if not found:
        return None
    size = max((item.size for item in found), key=SIZES.index)
    ends = [_moment(item.end) for item in found if item.end]
    end = max(ends) if len(ends) == len(found) else None
    return _batches(size, min(_moment(item.begin) for item in found), end)


def _batches(size: str, begin: datetime, end: datetime | None) -> Batches:
    if end is not None and _floor(end, size) != end:
        longest = {"hour": timedelta(hours=1), "day": timedelta(1), "month": timedelta(31), "year": timedelta(366)}
        end = _floor(_floor(end, size) + longest[size], size)
    return Batches(size, _text(_floor(begin, size), size), _text(end, size) if end else None)


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(str(value))
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _floor(moment: datetime, size: str) -> datetime:
    month = 1 if size == "year" else moment.month
    day = 1 if size in {"year", "month"} else moment.day
    return datetime(moment.year, month, day, moment.hour if size == "hour" else 0)


def _text(moment: datetime, size: str) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}" if size == "hour" else f"{moment:%Y-%m-%d}"
