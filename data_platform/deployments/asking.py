"""What is entered in the ledger when a deployment begins, and who gives way to whom in the line."""

import os
from collections.abc import Iterable, Sequence

from data_platform.deployments.deployment import Asked
from data_platform.deployments.request import Request
from data_platform.deployments.source import Source, source_of
from data_platform.environment import Environment
from data_platform.gate import Hold, Phase
from data_platform.units.graphql import Webserver
from data_platform.units.location import served_version
from data_platform.units.unit import Unit
from data_platform.units.versions import UnitVersions

IMAGE_VARIABLE = "DATA_PLATFORM_IMAGE"


def asked_of(environment: Environment, webserver: Webserver, request: Request, units: Sequence[Unit]) -> Asked:
    """What is asked for, with the versions and commits of this moment.

    Args:
        units: the request's, in the folders of the versions they are to be brought to.

    Raises:
        QueueError: the platform does not answer.
    """
    source = Source() if request.undoes else source_of(request.units)
    return Asked(
        units=request.names,
        environment=str(environment.name),
        owner=request.owner,
        reason=request.reason,
        link=request.link,
        commit=source.commit,
        uncommitted=source.uncommitted,
        submodules=source.submodules,
        before=serving(environment, webserver, request.names),
        after={unit.card.name: unit.root.name for unit in units},
        manifests={unit.card.name: unit.project.fingerprint() for unit in units},
        smoke=tuple(str(smoke) for smoke in request.smoke),
        allow=tuple(sorted(request.allow)),
        undoes=request.undoes,
        image=os.environ.get(IMAGE_VARIABLE) or None,
    )


def serving(environment: Environment, webserver: Webserver, names: Sequence[str]) -> dict[str, str]:
    """The version by unit that is served now; for a unit that does not load now, the one that it is started on.

    Raises:
        QueueError: the platform does not answer.
    """
    found = {name: served_version(webserver, name) or UnitVersions(environment, name).pinned for name in names}
    return {name: version for name, version in found.items() if version}


def newer_deployment(standing: Iterable[Hold], number: int, scopes: Sequence[str]) -> int | None:
    """The newest deployment that waits in line for just what this one waits for, if it is newer. Pure.

    Args:
        standing: holds that are live or in line.
        number: of the deployment that waits.
        scopes: what it waits for.
    """
    asked: dict[int, set[str]] = {}
    for hold in standing:
        if hold.phase == Phase.WAITING and hold.deployment and hold.deployment.isdecimal():
            asked.setdefault(int(hold.deployment), set()).add(str(hold.scope))
    newer = [other for other, held in asked.items() if other > number and held == set(scopes)]
    return max(newer, default=None)
