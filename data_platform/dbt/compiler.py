"""The process that prepares dbt projects: dbt and sqlglot are loaded here, and nowhere else before a run.

Called by `prepare`: `python -m data_platform.dbt.compiler`, a JSON list of projects on standard input; one JSON line
for each on standard output, `{"unit": ..., "error": null or {"message": ..., "path": ..., "line": ...}}`.
"""

import csv
import io
import json
import os
import sys
import tempfile
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from dbt.cli.main import dbtRunner

from data_platform.dbt.graph import DbtGraph
from data_platform.dbt.lineage import Relation, column_lineage
from data_platform.dbt.manifest import graph_of
from data_platform.dbt.names import relation
from data_platform.dbt.order import CircleError, in_order
from data_platform.dbt.parse_error import Mistake, mistake_of

QUIET = ["--quiet", "--log-level-file", "none"]


def main() -> None:
    """Prepare the projects named on standard input."""
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    for spec in json.load(sys.stdin):
        with redirect_stdout(io.StringIO()):
            try:
                error = _prepare(spec)
            except Exception as failure:  # whatever one project does to dbt or to us, the others go on
                error = mistake_of(f"{type(failure).__name__}: {failure}", Path(spec["folder"]))
        print(json.dumps({"unit": spec["unit"], "error": error}), flush=True)


def _prepare(spec: dict[str, Any]) -> Mistake | None:
    parsed = dbtRunner().invoke(["parse", *spec["flags"], *QUIET])
    if not parsed.success:
        return mistake_of(str(parsed.exception or "dbt parse failed"), Path(spec["folder"]))
    manifest = json.loads((Path(spec["target"]) / "manifest.json").read_bytes())
    try:
        graph = graph_of(manifest, unit=spec["unit"], fingerprint=spec["fingerprint"])
    except CircleError as error:
        return {"message": error.what, "path": error.where, "line": None}
    graph = _with_lineage(graph, manifest, spec, parsed.result)
    part = Path(spec["graph"] + f".{os.getpid()}")
    part.write_text(graph.to_json(), encoding="utf-8")
    part.replace(spec["graph"])
    return None


def _with_lineage(graph: DbtGraph, manifest: dict[str, Any], spec: dict[str, Any], parsed: Any) -> DbtGraph:
    """Add column lineage; a project that cannot be compiled without its data goes without, and says so."""
    dialect = manifest["metadata"]["adapter_type"]
    with tempfile.TemporaryDirectory() as scratch:
        compiled = _compile(spec, Path(scratch), parsed, dialect)
    if compiled is None:
        return replace(graph, warnings=[*graph.warnings, "no column lineage: the project does not compile by itself"])
    relations = [*manifest["nodes"].values(), *manifest["sources"].values()]
    known = {relation(node): _columns(node) for node in relations if node["resource_type"] != "test"}
    keys: dict[Relation, str] = {
        (model.relation[0].lower(), model.relation[1].lower()): model.key for model in graph.models
    }
    sources = zip(manifest["sources"].values(), graph.sources, strict=True)
    keys = {relation(node): source.key for node, source in sources} | keys
    found: dict[str, dict[str, list[list[str]]]] = {}
    for model in in_order(graph.models):
        if sql := compiled.get(model.unique_id):
            outputs, found[model.key] = column_lineage(sql, dialect=dialect, known=known, keys=keys)
            at = (model.relation[0].lower(), model.relation[1].lower())
            # what the query returns, then what is only declared: `select *` may hide columns from us
            known[at] = list(dict.fromkeys([*outputs, *(column.lower() for column in known[at])]))
    return replace(graph, models=[replace(model, lineage=found.get(model.key, {})) for model in graph.models])


def _columns(node: dict[str, Any]) -> list[str]:
    """Columns of a relation as far as its project says them: declared, or in the header of a seed."""
    if node["resource_type"] != "seed":
        return list(node.get("columns", {}))
    with (Path(node["root_path"]) / node["original_file_path"]).open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file, delimiter=node["config"].get("delimiter") or ","), [])


def _compile(spec: dict[str, Any], scratch: Path, parsed: Any, dialect: str) -> dict[str, str] | None:
    """Compiled SQL by unique id, made against an empty database in memory so that no warehouse is touched."""
    if dialect != "duckdb":
        return None
    profiles = yaml.safe_load((Path(spec["work"]) / "profiles.yml").read_text(encoding="utf-8"))
    for profile in profiles.values():
        for output in profile["outputs"].values():
            output["path"] = ":memory:"
    (scratch / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")
    # of a flag given twice, the last one holds
    elsewhere = ["--profiles-dir", str(scratch), "--target-path", str(scratch / "target")]
    select = ["--select", "resource_type:model", "resource_type:snapshot", "--indirect-selection", "empty"]
    command = ["compile", *spec["flags"], *elsewhere, *QUIET, "--no-populate-cache", "--no-write-json", *select]
    result = dbtRunner(manifest=parsed).invoke(command)
    if not result.success or result.result is None:
        return None
    return {item.node.unique_id: item.node.compiled_code or "" for item in result.result}  # type: ignore[union-attr]  # of a compile, it has nodes


if __name__ == "__main__":
    main()
