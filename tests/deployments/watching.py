"""Somebody who looks at the code locations all the time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.end_to_end.live import Live

_LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus locationOrLoadError {
    __typename ... on PythonError { message } } } } } }
"""
_SERVED = """
query($unit: String!) {
  pipelineOrError(params: {repositoryLocationName: $unit, repositoryName: "__repository__", pipelineName: "build"}) {
    ... on Pipeline { tags { key value } }
  }
}
"""


class Seen:
    """What somebody saw who looked at the code locations again and again.

    Attributes:
        looks: how often.
        errors: what was broken, each once.
        versions: of the unit.
    """

    def __init__(self, live: Live, unit: str) -> None:
        self._live, self._unit = live, unit
        self.looks = 0
        self.errors: set[str] = set()
        self.versions: set[str | None] = set()

    def look(self) -> None:
        for entry in self._live.ask(_LOCATIONS)["workspaceOrError"]["locationEntries"]:
            found = entry["locationOrLoadError"] or {"__typename": "loading"}
            if found["__typename"] != "RepositoryLocation":
                self.errors.add(f"{entry['name']}: {found.get('message', found['__typename'])}")
        tags = self._live.ask(_SERVED, unit=self._unit)["pipelineOrError"].get("tags", [])
        self.versions.add(next((tag["value"] for tag in tags if tag["key"] == "data_platform/version"), None))
        self.looks += 1


@contextmanager
def watched(live: Live, unit: str = "fleet", pause: float = 0.1) -> Iterator[Seen]:
    """Look at the code locations again and again, from before the block until after it.

    Args:
        pause: between two looks, in seconds.

    An error while looking (the webserver does not answer, a code server is not reached) counts as something broken.
    """
    seen, over = Seen(live, unit), threading.Event()

    def look() -> None:
        while True:
            try:
                seen.look()
            except (AssertionError, OSError) as error:
                seen.errors.add(str(error))
            if over.wait(pause):
                return

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()
