"""Models that are built by time: how they are partitioned."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.dbt.batches import SIZES, batches_of, common
from data_platform.dbt.graph import Batches
from data_platform.dbt.specs import partitions_of

moments = st.datetimes(datetime(2000, 1, 1), datetime(2010, 12, 31)).map(lambda moment: moment.replace(microsecond=0))


def config(size: str, begin: object, end: object = None) -> dict[str, object]:
    meta = {"partitions_end": end} if end else {}
    return {"materialized": "incremental", "batch_size": size, "begin": begin, "meta": meta}


@pytest.mark.parametrize(
    ("size", "begin", "end", "expected"),
    [
        ("hour", "2024-01-01T05:30", "2024-01-02", Batches("hour", "2024-01-01T05:00", "2024-01-02T00:00")),
        ("day", "2024-01-01", None, Batches("day", "2024-01-01")),
        ("day", datetime(2024, 1, 1, 7), "2024-01-09", Batches("day", "2024-01-01", "2024-01-09")),
        ("month", "2024-01-15", "2024-12-15", Batches("month", "2024-01-01", "2025-01-01")),
        ("year", "2024-06-01", "2025-01-01", Batches("year", "2024-01-01", "2025-01-01")),
        ("day", "2024-01-01T01:00:00+02:00", None, Batches("day", "2023-12-31")),
    ],
)
def test_the_first_and_last_batch_are_whole(size: str, begin: object, end: object, expected: Batches) -> None:
    assert batches_of(config(size, begin, end)) == expected


@pytest.mark.parametrize(
    "other",
    [
        {"materialized": "table", "batch_size": "day", "begin": "2024-01-01"},
        {"materialized": "incremental"},
        {"materialized": "incremental", "batch_size": "week", "begin": "2024-01-01"},
        {"materialized": "incremental", "batch_size": "day", "begin": "soon"},
    ],
)
def test_other_models_are_not_partitioned(other: dict[str, object]) -> None:
    assert batches_of(other) is None
    assert common([]) is None


@pytest.mark.parametrize(
    ("batches", "first", "last", "count"),
    [
        (Batches("hour", "2024-01-01T05:00", "2024-01-02T00:00"), "2024-01-01-05:00", "2024-01-01-23:00", 19),
        (Batches("day", "2024-01-01", "2024-03-01"), "2024-01-01", "2024-02-29", 60),
        (Batches("month", "2013-01-01", "2014-01-01"), "2013-01-01", "2013-12-01", 12),
        (Batches("year", "2010-01-01", "2014-01-01"), "2010-01-01", "2013-01-01", 4),
    ],
)
def test_closed_data_has_exactly_its_partitions(batches: Batches, first: str, last: str, count: int) -> None:
    partitions = partitions_of(batches)
    assert partitions is not None
    keys = partitions.get_partition_keys()
    assert (keys[0], keys[-1], len(keys)) == (first, last, count)


@pytest.mark.parametrize("size", SIZES)
def test_data_without_an_end_is_partitioned_until_now(size: str) -> None:
    begin = datetime.now(UTC) - timedelta(days=800)
    batches = batches_of(config(size, begin))
    partitions = partitions_of(batches)
    assert partitions is not None
    window = partitions.time_window_for_partition_key(partitions.get_partition_keys()[-1])
    assert (
        timedelta(0)
        <= datetime.now(UTC) - window.end
        < {"hour": timedelta(hours=1), "day": timedelta(1)}.get(size, timedelta(366))
    )


@given(st.lists(st.tuples(st.sampled_from(SIZES), moments, st.none() | st.integers(1, 5000)), min_size=1, max_size=4))
def test_the_shared_partitions_cover_every_batch_of_every_model(
    found: list[tuple[str, datetime, int | None]],
) -> None:
    each = [
        batches_of(config(size, begin, begin + timedelta(hours=hours) if hours else None))
        for size, begin, hours in found
    ]
    every = [batches for batches in each if batches]
    assert len(every) == len(found)
    shared = common(every)
    assert shared is not None
    assert SIZES.index(shared.size) == max(SIZES.index(batches.size) for batches in every)
    assert shared.begin[:10] <= min(batches.begin for batches in every)[:10]
    ends = [batches.end for batches in every]
    assert (shared.end is None) == (None in ends)
    if shared.end:
        assert shared.end[:10] >= max(end for end in ends if end)[:10]
        assert batches_of(config(shared.size, shared.begin, shared.end)) == shared
    assert common([shared]) == shared
