"""Which units a command is about."""

from collections.abc import Collection, Sequence

from data_platform.deployments.errors import DeploymentError
from data_platform.deployments.served import known_locations, load_anew
from data_platform.environment import Environment
from data_platform.errors import UsageError
from data_platform.units.graphql import Webserver
from data_platform.units.location import served_version
from data_platform.units.unit import Unit, find_units
from data_platform.units.versions import UnitVersions


def chosen_units(environment: Environment, address: str, names: Collection[str], *, everything: bool) -> list[Unit]:
    """The units that are named; all of them with `everything`; else those whose version on disk is not served.

    Raises:
        UsageError: a name is unknown, or a card is wrong.
        DbtError: a dbt project is not there.
        QueueError: the platform does not answer.
    """
    units = find_units(environment, names)
    for unit in units:
        unit.project.settings()  # a project that is not there has no version
    if names or everything:
        return units
    webserver = Webserver(address)
    return [unit for unit in units if served_version(webserver, unit.card.name) != unit.version()]


def take_up_new(environment: Environment, address: str, units: Sequence[Unit]) -> bool:
    """Have the platform start code servers for those of the units that it does not know yet; whether there were any.

    Raises:
        ProcessesError: it does not take them up.
        DeploymentError: it does not run on this machine, so that its code servers cannot be started from here.
    """
    from data_platform.processes import refresh, webserver_elsewhere

    known = known_locations(Webserver(address))
    new = [unit.card.name for unit in units if unit.card.name not in known]
    if new and webserver_elsewhere():
        raise DeploymentError(
            f"the platform at {address} has no code server for {new[0]}",
            fix=f"start its container (unit-{new[0]}) first, and then webserver and daemon again",
            anchor="containers",
        )
    return bool(new) and refresh(environment)


def running_platform(address: str | None) -> str:
    """The address of the platform's webserver.

    Raises:
        DeploymentError: the platform is not running.
    """
    if address is None:
        raise DeploymentError(
            "the platform is not running, so there is nothing to deploy to",
            fix="start it with `dp up`: it loads what is on disk",
            anchor="deployments",
        )
    return address


def unit_rows(
    webserver: Webserver | None, units: Sequence[Unit], deployed: dict[str, str]
) -> list[dict[str, str | None]]:
    """What each unit serves, and what it should.

    Args:
        webserver: None when the platform is not running.
        deployed: version by unit that the ledger says was deployed last.
    """
    rows: list[dict[str, str | None]] = []
    for unit in units:
        name = unit.card.name
        served = served_version(webserver, name) if webserver else None
        rows.append({"unit": name, "served": served, "deployed": deployed.get(name), "on_disk": unit.version()})
    return rows


def serve_checkout(environment: Environment, address: str, names: Collection[str]) -> dict[str, str]:
    """Have units served from the checkout; returns the version of each.

    Raises:
        UsageError: a name is unknown, or this environment serves what was deployed only.
        DeploymentError: one does not load; what it served before is served again.
        QueueError: the platform does not answer.
    """
    units = find_units(environment, names)
    if not environment.serves_checkout:
        raise UsageError(
            f"the environment {environment.name} serves what was deployed, never the checkout",
            fix="deploy what is in it: `dp deploy`",
            anchor="deployments",
        )
    webserver = Webserver(address)
    for unit in units:
        versions = UnitVersions(environment, unit.card.name)
        before = versions.pinned
        versions.keep(unit)
        versions.serve(None)
        try:
            load_anew(webserver, unit.card.name, unit.version())
        except DeploymentError:
            versions.serve(before)
            if before:
                load_anew(webserver, unit.card.name, before)
            raise
    return {unit.card.name: unit.version() for unit in units}
