"""What the running code servers serve at this moment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterInstance

from data_platform.errors import DataPlatformError
from data_platform.requeue.private import GrpcServerCodeLocation, WorkspaceFileTarget


class CodeServerError(DataPlatformError):
    """A code server does not say what it serves."""


class CodeServers:
    """The code servers of a workspace, each asked when it is first needed.

    Args:
        workspace: path of the `workspace.yaml` that webserver and daemon read.
    """

    def __init__(self, instance: DagsterInstance, workspace: Path) -> None:
        self._instance = instance
        origins = WorkspaceFileTarget([str(workspace)]).create_origins()
        self._origins: Mapping[str, object] = {origin.location_name: origin for origin in origins}
        self._open: dict[str, GrpcServerCodeLocation] = {}

    def get(self, name: str) -> GrpcServerCodeLocation | None:
        """A code location; None if the workspace does not have it any more.

        Raises:
            CodeServerError: its code server does not answer, or does not load.
        """
        if name not in self._open:
            origin = self._origins.get(name)
            if origin is None:
                return None
            try:
                location = origin.create_location(self._instance)  # type: ignore[attr-defined]  # Dagster types the base class
            except Exception as error:  # whatever gRPC and Dagster raise
                said = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise CodeServerError(
                    f"{name} is not served: {said}", fix="see `dp status`", anchor="deployments"
                ) from error
            self._open[name] = location
        return self._open[name]

    def close(self) -> None:
        """Close the connections."""
        for location in self._open.values():
            location.cleanup()


@contextmanager
def code_servers(instance: DagsterInstance, workspace: Path) -> Iterator[CodeServers]:
    """The code servers, for as long as they are needed."""
    servers = CodeServers(instance, workspace)
    try:
        yield servers
    finally:
        servers.close()
