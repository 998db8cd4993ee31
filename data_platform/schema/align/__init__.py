"""Alignment: desired state in YAML (roles, grants, schemas, views, …), compared with a database and applied."""

from data_platform.schema.align.alignment import Files, apply_alignment, apply_plan, plan_alignment
from data_platform.schema.align.errors import AlignError
from data_platform.schema.align.plan import AlignPlan, Step
from data_platform.schema.align.plan_file import load, save
from data_platform.schema.align.target import AlignTarget, align_target

__all__ = [
    "AlignError",
    "AlignPlan",
    "AlignTarget",
    "Files",
    "Step",
    "align_target",
    "apply_alignment",
    "apply_plan",
    "load",
    "plan_alignment",
    "save",
]
