"""The card's freshness in Dagster's words."""

from datetime import timedelta

import dagster as dg

from data_platform.units.card import Freshness


def freshness_policy(freshness: Freshness | None) -> dg.FreshnessPolicy | None:
    """The card's freshness as Dagster's policy."""
    if freshness is None:
        return None
    warn = freshness.warn_after_hours
    return dg.FreshnessPolicy.time_window(
        fail_window=timedelta(hours=freshness.fail_after_hours),
        warn_window=timedelta(hours=warn) if warn else None,
    )
