"""The part of `compose.yaml` that follows from the unit cards: a service for each code location."""

from collections.abc import Iterable

from data_platform.environment import Environment
from data_platform.units.workspace import location_modules

FILE = "compose.yaml"
_PREFIX = "unit-"
_MARK = "  # From here on by `dp unit sync`: a code server for each unit.\n"


def with_code_servers(text: str, locations: Iterable[str]) -> str | None:
    """A compose file whose services after the mark are those of these code locations; what is before it stays.

    Returns:
        Its text; None when it has no mark, since nothing of it is generated then.
    """
    by_hand, mark, _ = text.partition(_MARK)
    return by_hand + mark + "".join(_service(name) for name in locations) if mark else None


def write_compose(environment: Environment) -> bool | None:
    """Bring `compose.yaml` up to date; whether it had to change.

    Returns:
        None when there is no such file, or somebody rewrote it so that nothing of it is generated.
    """
    path = environment.root / FILE
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = with_code_servers(before, location_modules(environment))
    if after is not None and before != after:
        path.write_text(after, encoding="utf-8")
    return None if after is None else before != after


def _service(location: str) -> str:
    name = f"{_PREFIX}{location}"
    return (
        f"  {name}:\n"
        "    <<: *code-server\n"
        f"    command: [dp, container, run, {name}]\n"
        f"    healthcheck: {{<<: *health, test: [CMD, python, -m, data_platform.containers.health, {name}]}}\n"
    )
