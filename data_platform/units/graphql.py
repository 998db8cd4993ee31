"""Asking the running platform's webserver, over its GraphQL API; patient while one of its processes starts again."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from data_platform.errors import DataPlatformError

PATIENCE_SECONDS = 60.0
_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
UNREACHABLE = "Could not reach user code server"


class QueueError(DataPlatformError):
    """The running platform refused a build, or does not answer."""


class _AwayError(Exception):
    """A process of the platform is away, and may come back."""


class _NotSentError(_AwayError):
    """The webserver has not even heard what it is to do."""


class Webserver:
    """The webserver of a running platform.

    Args:
        address: its base address, as in `http://127.0.0.1:3000`.
        patience: how long it may be away, in seconds.
    """

    def __init__(self, address: str, patience: float = PATIENCE_SECONDS) -> None:
        self.address, self.patience = address, patience

    def ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Ask something that may be asked twice.

        Raises:
            QueueError: no answer, or an error.
        """
        return self._patiently(lambda: self._post(query, variables))

    def order(
        self,
        mutation: str,
        variables: Mapping[str, Any],
        happened: Callable[[], dict[str, Any] | None] | None = None,
    ) -> dict[str, Any]:
        """Order something that must happen once; repeated only as long as it certainly did not happen.

        Args:
            happened: finds out, when the webserver died before it answered, what it would have answered; None from it
                says that it did not happen.

        Raises:
            QueueError: no answer, or an error.
        """

        def attempt() -> dict[str, Any]:
            try:
                data = self._post(mutation, variables)
            except _NotSentError:
                raise
            except _AwayError as error:
                # one that is only slow may do it later
                if happened is None or isinstance(error.__cause__, TimeoutError):
                    raise self._silent(error) from None
                if (found := happened()) is None:
                    raise
                return found
            if any(UNREACHABLE in str((answer or {}).get("message")) for answer in data.values()):
                raise _AwayError("a code server does not answer")
            return data

        return self._patiently(attempt)

    def _patiently(self, attempt: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return attempt()
            except _AwayError as error:
                if time.monotonic() > deadline:
                    raise self._silent(error) from None
            time.sleep(_PAUSE_SECONDS)

    def _silent(self, error: _AwayError) -> QueueError:
        return QueueError(
            f"the platform at {self.address} does not answer ({error})", fix="see `dp status`", anchor="building"
        )

    def _post(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        # no urllib: it would honour a proxy's address in the environment
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=_SECONDS)
        try:
            connection.connect()
        except OSError as error:
            raise _NotSentError(str(error)) from error
        try:
            body = json.dumps({"query": query, "variables": variables})
            connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
            answer = json.load(connection.getresponse())  # also an error has one
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _AwayError(str(error)) from error
        finally:
            connection.close()
        if answer.get("errors"):
            raise QueueError(f"the platform answered: {answer['errors'][0]['message']}", anchor="building")
        data: dict[str, Any] = answer["data"]
        return data
