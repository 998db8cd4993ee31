"""dbt's manifest, turned into the slim graph. Pure: a document in, dataclasses out."""

import re
from collections.abc import Mapping
from typing import Any

from data_platform.dbt.graph import Batches, Check, Column, DbtGraph, Model, Source

Node = Mapping[str, Any]
_ASSET_TYPES = {"model": "models", "seed": "seeds", "snapshot": "snapshots"}


def graph_of(manifest: Node, *, unit: str, fingerprint: str) -> DbtGraph:
    """Turn a manifest (schema v12) into a graph.

    Args:
        manifest: the parsed manifest.json.
        unit: first part of every asset key.
        fingerprint: what `DbtProject.fingerprint` says of the project.
    """
    names = _Names(manifest, unit)
    nodes = manifest["nodes"].values()
    models = [_model(node, names, manifest) for node in nodes if names.is_asset(node)]
    tests = [node for node in nodes if node["resource_type"] == "test"]
    tests += list(manifest.get("unit_tests", {}).values())
    depth = _depths(models)
    checks = [check for node in tests if (check := _check(node, names, depth))]
    sources = [_source(node, names) for node in manifest["sources"].values()]
    return DbtGraph(fingerprint, manifest["metadata"]["project_name"], models, _named_apart(checks), sources)


class _Names:
    """Asset keys of dbt nodes."""

    def __init__(self, manifest: Node, unit: str) -> None:
        self.manifest, self.unit = manifest, unit
        self.project = manifest["metadata"]["project_name"]

    def is_asset(self, node: Node) -> bool:
        return node["resource_type"] in _ASSET_TYPES and node["config"].get("materialized") != "ephemeral"

    def layer(self, node: Node) -> str:
        folders = node["fqn"][1:-1]
        layer = folders[0] if folders else _ASSET_TYPES[node["resource_type"]]
        return re.sub(r"\W", "_", layer)

    def key(self, node: Node) -> str:
        if node["resource_type"] == "source":
            return self._source_key(node)
        version = f"_v{node['version']}" if node.get("version") is not None else ""
        package = [] if node["package_name"] == self.project else [node["package_name"]]
        return "/".join([self.unit, *package, self.layer(node), node["name"] + version])

    def _source_key(self, node: Node) -> str:
        meta = _meta(node)
        explicit = meta.get("dagster", {}).get("asset_key") if isinstance(meta.get("dagster"), dict) else None
        if explicit:
            return "/".join(explicit)
        if meta.get("unit"):
            return f"{meta['unit']}/published/{node['name']}"
        return f"{self.unit}/{node['source_name']}/{node['name']}"

    def upstream(self, node: Node) -> list[str]:
        """Keys of the assets a node reads; ephemeral models are seen through."""
        keys: dict[str, None] = {}
        for unique_id in node.get("depends_on", {}).get("nodes", []):
            parent = self.manifest["nodes"].get(unique_id) or self.manifest["sources"].get(unique_id)
            if parent is None:
                continue
            if parent["resource_type"] == "source" or self.is_asset(parent):
                keys[self.key(parent)] = None
            else:
                keys.update(dict.fromkeys(self.upstream(parent)))
        return list(keys)


def _model(node: Node, names: _Names, manifest: Node) -> Model:
    group = manifest.get("groups", {}).get(f"group.{node['package_name']}.{node.get('group')}", {})
    email = (group.get("owner") or {}).get("email")
    config = node["config"]
    return Model(
        unique_id=node["unique_id"],
        key=names.key(node),
        layer=names.layer(node),
        description=node.get("description", ""),
        path=node["original_file_path"],
        resource_type=node["resource_type"],
        materialized=config.get("materialized", ""),
        public=node.get("access") == "public",
        upstream=names.upstream(node),
        columns=_columns(node),
        relation=[node["schema"], node.get("alias") or node["name"]],
        code_version=node["checksum"]["checksum"][:16],
        selector="fqn:" + ".".join(node["fqn"]),
        owners=[email] if email else [],
        tags=sorted(set(node.get("tags", []))),
        batches=_batches(config),
    )


def _batches(config: Node) -> Batches | None:
    """Batches of a microbatch model, or of any incremental model that is configured like one."""
    if config.get("materialized") != "incremental" or not config.get("batch_size") or not config.get("begin"):
        return None
    end = config.get("meta", {}).get("partitions_end")
    return Batches(str(config["batch_size"]), str(config["begin"])[:10], str(end)[:10] if end else None)


def _check(node: Node, names: _Names, depth: Mapping[str, int]) -> Check | None:
    if node["resource_type"] == "unit_test":
        read = [key for key in names.upstream(node) if key in depth]
        attached = read[:1]
    else:
        read = names.upstream(node)
        parent = names.manifest["nodes"].get(node.get("attached_node") or "")
        # a test of several models belongs to the one that is made last
        last = sorted(read, key=lambda key: depth.get(key, -1))[-1:]
        attached = [names.key(parent)] if parent and names.is_asset(parent) else last
    if not attached:
        return None
    return Check(
        unique_id=node["unique_id"],
        name=re.sub(r"\W", "_", node["name"]),
        key=attached[0],
        also=[key for key in read if key != attached[0]],
        severity=str(node["config"].get("severity") or "error").lower(),
        description=node.get("description") or "",
        path=node["original_file_path"],
        selector="fqn:" + ".".join(node["fqn"]),
    )


def _named_apart(checks: list[Check]) -> list[Check]:
    """Two checks of one asset never share a name: the second bears dbt's hash."""
    seen: set[tuple[str, str]] = set()
    result = []
    for check in checks:
        name = check.name
        if (check.key, name) in seen:
            name = f"{name}_{check.unique_id.rpartition('.')[2][:10]}"
        seen.add((check.key, name))
        result.append(Check(**{**check.__dict__, "name": name}))
    return result


def _source(node: Node, names: _Names) -> Source:
    unit = _meta(node).get("unit")
    return Source(names.key(node), node.get("description", ""), _columns(node), unit, node["name"])


def _columns(node: Node) -> list[Column]:
    return [
        Column(column["name"], column.get("data_type") or "", column.get("description") or "")
        for column in node.get("columns", {}).values()
    ]


def _meta(node: Node) -> dict[str, Any]:
    config = node.get("config") or {}
    return {**(node.get("source_meta") or {}), **(node.get("meta") or {}), **(config.get("meta") or {})}


def _depths(models: list[Model]) -> dict[str, int]:
    """Longest way from a source to each model, by key."""
    upstream = {model.key: model.upstream for model in models}
    depths: dict[str, int] = {}
    for start in upstream:
        stack = [start]
        while stack:
            key = stack[-1]
            waiting = [parent for parent in upstream[key] if parent in upstream and parent not in depths]
            if waiting and key not in depths:
                stack.extend(waiting)
                continue
            stack.pop()
            depths.setdefault(key, 1 + max((depths.get(parent, 0) for parent in upstream[key]), default=0))
    return depths
