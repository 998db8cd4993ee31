"""Plans and applies an alignment: what the command line and Dagster call."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_platform.schema.align.applying import apply_saved, apply_with, plan_with
from data_platform.schema.align.engine import Tell, open_engine
from data_platform.schema.align.errors import AlignError
from data_platform.schema.align.loading import read_files
from data_platform.schema.align.plan import AlignPlan
from data_platform.schema.align.resolving import resolve


@dataclass(frozen=True)
class Files:
    """Where desired state stands.

    Args:
        paths: files or folders.
        variables: what `${name}` stands for; None is known, but has no value here.
    """

    paths: Sequence[Path]
    variables: Mapping[str, str | None]


def plan_alignment(url: str, files: Files) -> AlignPlan:
    """Compare files with a database; nothing is written.

    Raises:
        UsageError: a file or the URL is wrong.
        AlignError: something is in the way.
        DatabaseError: the database cannot be reached or read.
    """
    sources = read_files(files.paths)
    engine = open_engine(url, writing=False)
    try:
        return plan_with(engine, resolve(sources, engine.dialect, files.variables))
    finally:
        engine.close()


def apply_alignment(
    url: str, files: Files, *, allow: Collection[str] = (), wait_seconds: float = 60, tell: Tell = lambda _: None
) -> AlignPlan:
    """Bring a database to what the files say.

    Args:
        allow: `drop`, `revoke`; without it a plan that does so is refused as a whole.
        wait_seconds: how long to wait for another alignment of the same database.
        tell: is given one line when it has to wait.

    Returns:
        What was done.

    Raises:
        UsageError: a file or the URL is wrong.
        AlignError: something is in the way, or needs consent; nothing has been changed.
        LockError: another alignment still runs.
        DatabaseError: a step failed; nothing of the transaction stays.
    """
    sources = read_files(files.paths)
    engine = open_engine(url, writing=True)
    try:
        desired = resolve(sources, engine.dialect, files.variables)
        with engine.locked(wait_seconds, tell):
            return apply_with(engine, desired, allow)
    finally:
        engine.close()


def apply_plan(
    url: str, plan: AlignPlan, *, allow: Collection[str] = (), wait_seconds: float = 60, tell: Tell = lambda _: None
) -> AlignPlan:
    """Apply a plan that was made before, if the database still is as it was then.

    Raises:
        AlignError: the database has changed, or is another one, or a step needs consent; nothing has been changed.
        LockError: another alignment still runs.
        DatabaseError: a step failed; nothing of the transaction stays.
    """
    engine = open_engine(url, writing=True)
    try:
        if (plan.dialect, plan.database) != (engine.dialect.name, engine.name):
            raise AlignError(
                f"the plan is for {plan.dialect} {plan.database}, not for {engine.dialect.name} {engine.name}",
                anchor="alignment",
            )
        with engine.locked(wait_seconds, tell):
            return apply_saved(engine, plan, allow)
    finally:
        engine.close()
