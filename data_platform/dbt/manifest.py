"""dbt's manifest, turned into the slim graph. Pure: a document in, dataclasses out."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from data_platform.dbt.batches import batches_of, common
from data_platform.dbt.graph import Check, Column, DbtGraph, Model, Source
from data_platform.dbt.names import Names, Node, identifier, is_asset, layer, meta
from data_platform.dbt.order import in_order

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def graph_of(manifest: Node, *, unit: str, fingerprint: str) -> DbtGraph:
    """Turn a manifest (schema v12) into a graph.

    Args:
        manifest: the parsed manifest.json.
        unit: first part of every asset key.
        fingerprint: what `DbtProject.fingerprint` says of the project.

    Raises:
        CircleError: models read each other in a circle.
    """
    names = Names(manifest, unit)
    nodes = manifest["nodes"].values()
    models = [_model(node, names, manifest) for node in nodes if is_asset(node)]
    tests = [node for node in nodes if node["resource_type"] == "test"]
    tests += list(manifest.get("unit_tests", {}).values())
    depth = _depths(models)
    checks = [check for node in tests if (check := _check(node, names, depth, manifest))]
    sources = [_source(node, names) for node in manifest["sources"].values()]
    project = manifest["metadata"]["project_name"]
    return DbtGraph(fingerprint, project, _partitioned_alike(models), _named_apart(checks), sources)


def _model(node: Node, names: Names, manifest: Node) -> Model:
    group = manifest.get("groups", {}).get(f"group.{node['package_name']}.{node.get('group')}", {})
    return Model(
        unique_id=node["unique_id"],
        key=names.key(node),
        layer=layer(node),
        description=node.get("description", ""),
        path=node["original_file_path"],
        resource_type=node["resource_type"],
        materialized=node["config"].get("materialized", ""),
        public=node.get("access") == "public",
        upstream=names.upstream(node),
        columns=_columns(node),
        relation=[node["schema"], node.get("alias") or node["name"]],
        code_version=node["checksum"]["checksum"][:16],
        selector=names.selector(node),
        owners=_emails(group.get("owner") or {}),
        tags=sorted(set(node.get("tags", []))),
        batches=batches_of(node["config"]),
    )


def _emails(owner: Mapping[str, Any]) -> list[str]:
    """E-mail addresses of a group's owner; dbt takes any text, and Dagster does not."""
    said = owner.get("email") or []
    return [email for email in ([said] if isinstance(said, str) else said) if _EMAIL.fullmatch(email)]


def _partitioned_alike(models: list[Model]) -> list[Model]:
    shared = common(model.batches for model in models if model.batches)
    return [replace(model, batches=shared) if model.batches else model for model in models]


def _check(node: Node, names: Names, depth: Mapping[str, int], manifest: Node) -> Check | None:
    read = names.upstream(node)
    if node["resource_type"] == "unit_test":
        attached = [key for key in read if key in depth][:1]
    else:
        parent = manifest["nodes"].get(node.get("attached_node") or "")
        # a test of several models belongs to the one that is made last
        last = sorted(read, key=lambda key: depth.get(key, -1))[-1:]
        attached = [names.key(parent)] if parent and is_asset(parent) else last
    if not attached:
        return None
    return Check(
        unique_id=node["unique_id"],
        name=identifier(node["name"]),
        key=attached[0],
        also=[key for key in read if key != attached[0]],
        severity=str(node["config"].get("severity") or "error").lower(),
        description=node.get("description") or "",
        path=node["original_file_path"],
        selector=names.selector(node),
    )


def _named_apart(checks: list[Check]) -> list[Check]:
    """No two checks share the name that Dagster makes of asset and check: the second bears dbt's hash."""
    seen: set[str] = set()
    result = []
    for check in sorted(checks, key=lambda check: check.unique_id):
        name = check.name
        if identifier(f"{check.key}_{name}") in seen:
            name = identifier(f"{name}_{check.unique_id.rpartition('.')[2]}")
        seen.add(identifier(f"{check.key}_{name}"))
        result.append(replace(check, name=name))
    return result


def _source(node: Node, names: Names) -> Source:
    return Source(names.key(node), node.get("description", ""), _columns(node), meta(node).get("unit"), node["name"])


def _columns(node: Node) -> list[Column]:
    return [
        Column(column["name"], column.get("data_type") or "", column.get("description") or "")
        for column in node.get("columns", {}).values()
    ]


def _depths(models: list[Model]) -> dict[str, int]:
    """Longest way from a source to each model, by key."""
    depths: dict[str, int] = {}
    for model in in_order(models):
        depths[model.key] = 1 + max((depths.get(key, 0) for key in model.upstream), default=0)
    return depths
