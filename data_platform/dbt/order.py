"""Models in the order in which they can be made. Pure."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from data_platform.dbt.graph import Model
from data_platform.dbt.project import DbtError


class CircleError(DbtError):
    """Models read each other in a circle."""


def in_order(models: Iterable[Model]) -> list[Model]:
    """The models so that each comes after those it reads.

    Raises:
        CircleError: there is no such order.
    """
    by_key = {model.key: model for model in models}
    reads = {key: [parent for parent in model.upstream if parent in by_key] for key, model in by_key.items()}
    try:
        return [by_key[key] for key in TopologicalSorter(reads).static_order()]
    except CycleError as error:
        circle = [by_key[key] for key in reversed(error.args[1])]
        names = " -> ".join(model.unique_id.split(".", 2)[2] for model in circle)
        raise CircleError(f"models read each other in a circle: {names}", where=circle[0].path) from None
