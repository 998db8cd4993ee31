"""`python -m data_platform.instance.code_server`: serves one unit's code, as `dagster code-server start` does.

It differs in one thing: a deployment can have it load new code beside the old, which it keeps if the new does not load.

SIGTERM ends it when the runs that it executes have finished.
"""

import argparse
import contextlib
import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from data_platform.instance.code_server.private import (
    DagsterGrpcServer,
    FuturesAwareThreadPoolExecutor,
    LoadableTargetOrigin,
    configure_loggers,
    setup_interrupt_handlers,
)
from data_platform.instance.code_server.servicer import CodeServer

_HEARTBEAT_SECONDS = 30  # an inner process whose outer one was killed ends after that long


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM."""
    asked = _asked(arguments)
    setup_interrupt_handlers()  # SIGTERM becomes a KeyboardInterrupt
    configure_loggers(formatter="colored", log_level="INFO")
    logger = logging.getLogger("dagster.code_server")
    ended = threading.Event()
    server = DagsterGrpcServer(
        server_termination_event=ended,
        dagster_api_servicer=_code_server(asked, ended, logger),
        port=asked.port,
        socket=asked.socket,
        host=asked.host,
        threadpool_executor=FuturesAwareThreadPoolExecutor(),
        logger=logger,
    )
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()  # type: ignore[no-untyped-call]  # it has no types


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m data_platform.instance.code_server", description="serve a unit")
    parser.add_argument("--module-name", required=True, help="where its definitions are")
    parser.add_argument("--location-name", required=True, help="of the code location")
    parser.add_argument("--working-directory", type=Path, default=Path.cwd(), help="where the module is imported from")
    parser.add_argument("--host", default="localhost", help="where --port is")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--socket", help="a Unix socket to answer at")
    where.add_argument("--port", type=int, help="a port to answer at")
    return parser.parse_args(arguments)


def _code_server(asked: argparse.Namespace, ended: threading.Event, logger: logging.Logger) -> CodeServer:
    return CodeServer(
        loadable_target_origin=LoadableTargetOrigin(
            # the path as it was given: a link in it is followed anew by each load, run and step
            working_directory=str(asked.working_directory),
            module_name=asked.module_name,
        ),
        location_name=asked.location_name,
        server_termination_event=ended,
        logger=logger,
        log_level="info",
        startup_timeout=0,  # loading takes what it takes
        heartbeat_ttl=_HEARTBEAT_SECONDS,
        server_heartbeat=False,
        server_heartbeat_timeout=_HEARTBEAT_SECONDS,
        inject_env_vars_from_instance=False,
        fixed_server_id=None,
        container_image=None,
        container_context=None,
        instance_ref=None,
        defs_state_info=None,
    )


if __name__ == "__main__":
    main()
