"""Tags of a run that stands in for another."""

from hypothesis import given
from hypothesis import strategies as st

from data_platform.requeue.tags import BACKFILL_TAG, FROM_TAG, successor_tags

TAGS = st.dictionaries(st.text(min_size=1, max_size=4), st.text(max_size=4), max_size=6)


@given(TAGS, TAGS, TAGS)
def test_what_somebody_has_set_stays_and_the_rest_is_the_new_jobs(
    set_by_hand: dict[str, str], old_job: dict[str, str], new_job: dict[str, str]
) -> None:
    tags = successor_tags({**old_job, **set_by_hand}, old_job, new_job, "1", whole=True)
    assert tags.pop(FROM_TAG) == "1"
    mine = {key: value for key, value in set_by_hand.items() if old_job.get(key) != value}
    assert tags == {**new_job, **mine}


def test_what_belongs_to_the_old_run_stays_with_it() -> None:
    own = {
        "data_platform/gate": "fleet",
        "data_platform/held_by": "jana",
        "data_platform/exempt_from_hold": "3",
        "data_platform/exemption_ticket": "secret",
        "data_platform/resubmitted_from": "0",
        "data_platform/resubmitted_as": "2",
        ".dagster/grpc_info": "{}",
        ".dagster/run_worker": "socket",
        "dagster/image": "registry.example.org/platform:1",
        "dagster/will_retry": "true",
    }
    found_by = {
        BACKFILL_TAG: "one",
        "dagster/partition": "a",
        "dagster/schedule_name": "nightly",
        ".dagster/scheduled_execution_time": "2026-03-02T00:00:00",
        "dagster/sensor_name": "files",
        "dagster/run_key": "7",
        "dagster/parent_run_id": "0",
        "dagster/root_run_id": "0",
        "dagster/retry_number": "1",
        "dagster/priority": "3",
    }
    some = {"dagster/is_resume_retry": "true", "dagster/step_selection": "a"}
    assert successor_tags({**own, **found_by, **some}, {}, {}, "1", whole=True) == {**found_by, FROM_TAG: "1"}
    assert successor_tags(some, {}, {}, "1", whole=False) == {**some, FROM_TAG: "1"}
