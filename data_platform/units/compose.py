"""The part of `compose.yaml` that follows from the unit cards: a service for each code location."""

from collections.abc import Iterable

from data_platform.environment import Environment
from data_platform.errors import UsageError
from data_platform.units.workspace import location_modules

FILE = "compose.yaml"
SERVICE_PREFIX = "unit-"
_MARK = "  # From here on by `dp unit sync`: a code server for each unit.\n"


def with_code_servers(text: str, locations: Iterable[str]) -> str:
    """A compose file whose services after the mark are those of these code locations; what is before it stays.

    Raises:
        UsageError: it has no mark.
    """
    by_hand, mark, _ = text.partition(_MARK)
    if not mark:
        raise UsageError(
            "nothing says where the code servers begin",
            where=FILE,
            fix=f"write the line {_MARK.strip()!r} after the last service",
            anchor="containers",
        )
    return by_hand + mark + "".join(_service(name) for name in locations)


def write_compose(environment: Environment) -> bool:
    """Bring `compose.yaml` up to date; true if it had to change. A repository may do without the file.

    Raises:
        UsageError: nothing says where its code servers begin.
    """
    path = environment.root / FILE
    if not path.exists():
        return False
    before = path.read_text(encoding="utf-8")
    after = with_code_servers(before, location_modules(environment))
    if before != after:
        path.write_text(after, encoding="utf-8")
    return before != after


def _service(location: str) -> str:
    name = f"{SERVICE_PREFIX}{location}"
    return (
        f"  {name}:\n"
        "    <<: *code-server\n"
        f"    command: [dp, container, run, {name}]\n"
        f"    healthcheck: {{<<: *health, test: [CMD, python, -m, data_platform.containers.health, {name}]}}\n"
    )
