"""The process that prepares dbt projects: dbt and sqlglot are loaded here, and nowhere else before a run.

Called by `prepare`: `python -m data_platform.dbt.compiler`, a JSON list of projects on standard input; one JSON line
for each on standard output, `{"unit": ..., "error": null or {"message": ..., "path": ..., "line": ...}}`.
"""

import io
import json
import os
import re
import sys
import tempfile
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from dbt.cli.main import dbtRunner

from data_platform.dbt.graph import DbtGraph
from data_platform.dbt.lineage import column_lineage
from data_platform.dbt.manifest import graph_of

QUIET = ["--quiet", "--no-use-colors", "--log-level-file", "none", "--no-send-anonymous-usage-stats"]


def main() -> None:
    """Prepare the projects named on standard input."""
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    for spec in json.load(sys.stdin):
        printed = io.StringIO()
        with redirect_stdout(printed):
            error = _prepare(spec)
        print(json.dumps({"unit": spec["unit"], "error": error}), flush=True)


def _prepare(spec: dict[str, str]) -> dict[str, Any] | None:
    folders = ["--project-dir", spec["folder"], "--profiles-dir", spec["work"], "--target-path", spec["target"]]
    parsed = dbtRunner().invoke(["parse", *folders, *QUIET])
    if not parsed.success:
        return _error_of(str(parsed.exception or "dbt parse failed"), spec["folder"])
    manifest = json.loads((Path(spec["target"]) / "manifest.json").read_bytes())
    graph = graph_of(manifest, unit=spec["unit"], fingerprint=spec["fingerprint"])
    graph = _with_lineage(graph, manifest, spec, parsed.result)
    part = Path(spec["graph"] + f".{os.getpid()}")
    part.write_text(graph.to_json(), encoding="utf-8")
    part.replace(spec["graph"])
    return None


def _with_lineage(graph: DbtGraph, manifest: dict[str, Any], spec: dict[str, str], parsed: Any) -> DbtGraph:
    """Add column lineage; a project that cannot be compiled without its data goes without, and says so."""
    dialect = manifest["metadata"]["adapter_type"]
    with tempfile.TemporaryDirectory() as scratch:
        compiled = _compile(spec, scratch, parsed, dialect)
    if compiled is None:
        return replace(graph, warnings=[*graph.warnings, "no column lineage: the project does not compile by itself"])
    nodes = {**manifest["nodes"], **manifest["sources"]}
    known = {
        _relation(node): list(node.get("columns", {})) for node in nodes.values() if node["resource_type"] != "test"
    }
    keys = {tuple(part.lower() for part in model.relation): model.key for model in graph.models}
    keys |= {
        _relation(node): source.key for node, source in zip(manifest["sources"].values(), graph.sources, strict=True)
    }
    by_id = {model.unique_id: model for model in graph.models}
    for unique_id in _in_order(graph):
        model = by_id[unique_id]
        sql = compiled.get(unique_id)
        if not sql:
            continue
        relation = (model.relation[0].lower(), model.relation[1].lower())
        outputs, found = column_lineage(sql, dialect=dialect, known=known, keys=keys)  # type: ignore[arg-type]
        if not known.get(relation):
            known[relation] = outputs
        by_id[unique_id] = replace(model, lineage=found)
    return replace(graph, models=list(by_id.values()))


def _compile(spec: dict[str, str], scratch: str, parsed: Any, dialect: str) -> dict[str, str] | None:
    """Compiled SQL by unique id, made against an empty database in memory so that no warehouse is touched."""
    if dialect != "duckdb":
        return None
    profiles = yaml.safe_load((Path(spec["work"]) / "profiles.yml").read_text(encoding="utf-8"))
    for profile in profiles.values():
        for output in profile["outputs"].values():
            output["path"] = ":memory:"
    (Path(scratch) / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")
    folders = ["--project-dir", spec["folder"], "--profiles-dir", scratch, "--target-path", f"{scratch}/target"]
    command = ["compile", *folders, *QUIET, "--no-populate-cache", "--no-write-json"]
    result = dbtRunner(manifest=parsed).invoke(
        [*command, "--select", "resource_type:model", "--indirect-selection", "empty"]
    )
    if not result.success or result.result is None:
        return None
    return {item.node.unique_id: item.node.compiled_code or "" for item in result.result}  # type: ignore[union-attr]


def _relation(node: dict[str, Any]) -> tuple[str, str]:
    return node["schema"].lower(), (node.get("alias") or node.get("identifier") or node["name"]).lower()


def _in_order(graph: DbtGraph) -> list[str]:
    """Unique ids so that each model comes after what it reads."""
    by_key = {model.key: model for model in graph.models}
    done: dict[str, None] = {}
    for start in graph.models:
        stack = [start]
        while stack:
            waiting = [by_key[key] for key in stack[-1].upstream if key in by_key and by_key[key].unique_id not in done]
            if waiting:
                stack.extend(waiting)
            else:
                done[stack.pop().unique_id] = None
    return list(done)


def _error_of(message: str, folder: str) -> dict[str, Any]:
    """dbt's message as one line, with the file (relative to the project) and line it names."""
    message = re.sub(r"\x1b\[[0-9;]*m", "", message)
    path = re.search(r"[\w./\-]+\.(?:sql|ya?ml|csv|py)\b", message.replace(folder.rstrip("/") + "/", ""))
    line = re.search(r"\bline (\d+)", message)
    lines = [part.strip() for part in message.splitlines() if part.strip()]
    text = " ".join(lines).replace(folder.rstrip("/") + "/", "")
    return {
        "message": text if len(text) <= 300 else text[:299] + "…",
        "path": path.group(0) if path else None,
        "line": int(line.group(1)) if line else None,
    }


if __name__ == "__main__":
    main()
