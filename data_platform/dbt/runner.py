"""The process that runs dbt for one step: dbt's own programmatic API, and one JSON line for each finished node.

`python -m data_platform.dbt.runner EVENTS_FD DUCKDB_FILE ARGUMENT...`: the arguments are dbt's; the lines go to that
descriptor, what dbt prints goes to standard output as ever. DUCKDB_FILE is waited for before dbt starts; empty for
another warehouse. Row counts and columns are read inside dbt's process, because DuckDB lets no other process near the
file while dbt has it open. Standard input is the lifeline: when it ends, whoever wanted the results is gone.
"""

import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from data_platform.dbt.build import PATIENCE_SECONDS
from data_platform.errors import DataPlatformError
from data_platform.warehouse import open_duckdb

_TABLES = frozenset({"table", "incremental", "seed", "snapshot", "view"})
_RAISED = frozenset({"CatchableExceptionOnRun", "InternalErrorOnRun", "GenericExceptionOnRun"})
_Shape = tuple[int | None, list[list[str]]]


def main() -> None:
    """Run dbt; the exit code is dbt's (0 all well, 1 a node failed, 2 dbt could not run)."""
    # also said because a shell that starts something in the background lets it ignore interrupts
    signal.signal(signal.SIGINT, _interrupted)
    threading.Thread(target=_end_with_the_lifeline, daemon=True).start()
    exit_code = 2
    try:
        with os.fdopen(int(sys.argv[1]), "w", buffering=1) as events:
            exit_code, error = _run(sys.argv[2], sys.argv[3:], events)
            if error is not None:
                told = {name: getattr(error, name, None) for name in ("where", "fix", "anchor")}
                print(json.dumps({"error": str(getattr(error, "what", error)), **told}), file=events)
    except (BrokenPipeError, KeyboardInterrupt):
        pass  # nobody wants the results any more
    except Exception:  # whatever dbt does: the run shows what is printed here
        traceback.print_exc()
    # dbt has closed its connections; nothing is gained by tearing the interpreter down bit by bit
    sys.stdout.flush()
    os._exit(exit_code)


def _interrupted(*_: object) -> None:
    """Stop dbt, without the pages that it prints about being stopped."""
    os.write(1, b"dbt: interrupted\n")  # print() may be what was interrupted
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    raise KeyboardInterrupt


def _run(duckdb_file: str, arguments: list[str], events: TextIO) -> tuple[int, BaseException | None]:
    from dbt.cli.main import dbtRunner  # takes a second, in which an interrupt may come

    if duckdb_file:
        try:
            with open_duckdb(Path(duckdb_file)):
                pass  # now it is known to be readable and, but for a moment, free
        except DataPlatformError as error:
            return 2, error
    result = dbtRunner(callbacks=[_report_to(events)]).invoke(arguments)
    if result.exception is not None:
        return 2, result.exception
    return 0 if result.success else 1, None


def _end_with_the_lifeline() -> None:
    while os.read(0, 1024):
        pass
    for seconds in PATIENCE_SECONDS:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(seconds)
    os._exit(2)


def _report_to(events: TextIO) -> Callable[[Any], None]:
    in_batch: set[str] = set()
    raised: dict[str, str] = {}

    def report(event: Any) -> None:
        name = event.info.name
        if name in _RAISED:
            raised[event.data.node_info.unique_id] = event.data.exc
        if name == "LogBatchResult":
            in_batch.add(event.data.node_info.unique_id)
        if name != "NodeFinished":
            return
        if event.data.node_info.unique_id in in_batch:
            # dbt says "finished" after each batch of a microbatch model, too
            in_batch.remove(event.data.node_info.unique_id)
            return
        node, result = event.data.node_info, event.data.run_result
        line: dict[str, Any] = {
            "id": node.unique_id,
            "status": str(result.status),
            "seconds": result.execution_time,
            # of a batch that failed the result says no more than "ERROR"
            "message": raised.get(node.unique_id, "") if str(result.message) == "ERROR" else result.message,
            "failures": result.num_failures,
        }
        relation = node.node_relation
        if node.materialized in _TABLES and str(result.status) == "success":
            names = (relation.database, relation.schema, relation.alias)
            line["rows"], line["columns"] = _shape(names, node.materialized != "view")
        with suppress(BrokenPipeError):  # nobody wants it any more: dbt is about to be stopped
            print(json.dumps(line, separators=(",", ":")), file=events)

    return report


def _shape(names: tuple[str, ...], count: bool) -> _Shape:
    """Rows (None where counting would compute a view) and [name, type] of each column."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from duckdb import Error

    try:
        cursor = DuckDBConnectionManager.env().handle().cursor()  # type: ignore[no-untyped-call]  # untyped in dbt
    except Exception:  # another warehouse than DuckDB: dbt has no such environment, and says so by a bare Exception
        return None, []
    name = ".".join('"' + part.replace('"', '""') + '"' for part in names if part)
    try:
        columns = cursor.execute(f"describe {name}").fetchall()
        rows = cursor.execute(f"select count(*) from {name}").fetchone()[0] if count else None  # noqa: S608 (quoted)
    except Error:  # a materialization of the project's own may put its result elsewhere
        return None, []
    return rows, [[row[0], row[1]] for row in columns]


if __name__ == "__main__":
    main()
