"""The process that runs dbt for one step: dbt's own programmatic API, and one JSON line for each finished node.

`python -m data_platform.dbt.runner EVENTS_FD ARGUMENT...`: the arguments are dbt's; the lines go to that descriptor,
what dbt prints goes to standard output as ever. Row counts and columns are read inside dbt's process, because
DuckDB lets no other process near the file while dbt has it open.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from dbt.cli.main import dbtRunner

_TABLES = frozenset({"table", "incremental", "seed", "snapshot", "view"})
_Shape = tuple[int | None, list[list[str]]]


def main() -> None:
    """Run dbt; the exit code is dbt's (0 all well, 1 a node failed, 2 dbt could not run)."""
    with os.fdopen(int(sys.argv[1]), "w", buffering=1) as events:
        result = dbtRunner(callbacks=[_report_to(events)]).invoke(sys.argv[2:])
        if result.exception is not None:
            print(json.dumps({"error": str(result.exception)}), file=events)
    # dbt has closed its connections; nothing is gained by tearing the interpreter down bit by bit
    sys.stdout.flush()
    os._exit(0 if result.success else 2 if result.exception is not None else 1)


def _report_to(events: TextIO) -> Callable[[Any], None]:
    in_batch: set[str] = set()

    def report(event: Any) -> None:
        name = event.info.name
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
            "message": result.message,
            "failures": result.num_failures,
        }
        relation = node.node_relation
        if node.materialized in _TABLES and str(result.status) == "success":
            line["rows"], line["columns"] = _shape(relation.schema, relation.alias, node.materialized != "view")
        print(json.dumps(line, separators=(",", ":")), file=events)

    return report


def _shape(schema: str, table: str, count: bool) -> _Shape:
    """Rows (None where counting would compute a view) and [name, type] of each column."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    try:
        cursor = DuckDBConnectionManager.env().handle().cursor()  # type: ignore[no-untyped-call]
    except Exception:  # another warehouse than DuckDB: dbt has no such environment, and says so by a bare Exception
        return None, []
    name = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, table))
    columns = cursor.execute(f"describe {name}").fetchall()
    rows = cursor.execute(f"select count(*) from {name}").fetchone()[0] if count else None  # noqa: S608 (quoted)
    return rows, [[row[0], row[1]] for row in columns]


if __name__ == "__main__":
    main()
