"""Looks a changelog over before it is deployed: what it destroys, whom it keeps waiting, what is badly kept."""

from data_platform.schema.lint.finding import Finding, Options, Severity
from data_platform.schema.lint.linting import lint
from data_platform.schema.lint.rules import RULES

__all__ = ["RULES", "Finding", "Options", "Severity", "lint"]
