"""Dagster definitions of operations beside those that follow from its card."""
