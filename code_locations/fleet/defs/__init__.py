"""Dagster definitions of fleet beside those that follow from its card."""
