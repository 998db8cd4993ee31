"""A plan in a file: made and looked at now, applied later."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data_platform.errors import UsageError
from data_platform.schema.align.plan import AlignPlan, Step
from data_platform.schema.align.scope import Scope

FORMAT = 1


def save(plan: AlignPlan, path: Path) -> None:
    """Write a plan to a file, to be looked at and applied later."""
    content = _content(plan)
    path.write_text(json.dumps(content | {"digest": _digest(content)}, indent=2, ensure_ascii=False) + "\n", "utf-8")


def load(path: Path) -> AlignPlan:
    """Read a saved plan.

    Raises:
        UsageError: it is no plan, or not as it was written.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        digest = content.pop("digest")
        if content["format"] != FORMAT or digest != _digest(content):
            raise ValueError
        return AlignPlan(
            content["alignment"],
            content["dialect"],
            content["database"],
            content["state"],
            Scope.from_data(content["scope"]),
            tuple(
                Step(**{**step, "sql": tuple(step["sql"]), "bookkeeping": tuple(step["bookkeeping"])})
                for step in content["steps"]
            ),
            tuple(content["notes"]),
        )
    except OSError as error:
        raise UsageError(f"the plan cannot be read: {error.strerror}", where=path) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            "this is no saved plan, or it was edited", where=path, fix="make it again with --out", anchor="alignment"
        ) from None


def _content(plan: AlignPlan) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "alignment": plan.alignment,
        "dialect": plan.dialect,
        "database": plan.database,
        "state": plan.state,
        "scope": plan.scope.to_data(),
        "steps": [asdict(step) for step in plan.steps],
        "notes": list(plan.notes),
    }


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
