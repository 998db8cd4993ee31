"""Dagster definitions of meteorology beside those that follow from its card."""
