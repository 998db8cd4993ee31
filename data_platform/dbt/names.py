"""What dbt's nodes are called in Dagster, and how `dbt --select` is told to take one of them and no other."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

Node = Mapping[str, Any]
ASSET_TYPES = {"model": "models", "seed": "seeds", "snapshot": "snapshots"}

_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_.\-]")
_NOT_IN_IDENTIFIERS = re.compile(r"[^A-Za-z0-9_]")
# what the grammar of dbt's selectors, or its file name patterns, would read as something else
_NOT_IN_SELECTORS = re.compile(r"[\s,+@*?\[\]:]")


def identifier(text: str) -> str:
    """The text with everything that Dagster does not take in a name replaced by `_`."""
    return _NOT_IN_IDENTIFIERS.sub("_", text)


def is_asset(node: Node) -> bool:
    """Whether a node becomes an asset: a model, seed or snapshot that is a relation in the warehouse."""
    return node["resource_type"] in ASSET_TYPES and node["config"].get("materialized") != "ephemeral"


def layer(node: Node) -> str:
    """First folder under the project's folder of models (or seeds, snapshots), else the name of that kind."""
    folders = [part for part in PurePosixPath(node["path"]).parts[:-1] if not part.endswith((".yml", ".yaml"))]
    return identifier(folders[0] if folders else ASSET_TYPES[node["resource_type"]])


def meta(node: Node) -> dict[str, Any]:
    """Everything a node's `meta` says, wherever it is written."""
    config = node.get("config") or {}
    return {**(node.get("source_meta") or {}), **(node.get("meta") or {}), **(config.get("meta") or {})}


def relation(node: Node) -> tuple[str, str]:
    """Schema and identifier in the warehouse, in lower case."""
    return node["schema"].lower(), (node.get("alias") or node.get("identifier") or node["name"]).lower()


class Names:
    """Asset keys and selectors of all nodes of one manifest.

    Args:
        manifest: the parsed manifest.json.
        unit: first part of every asset key.
    """

    def __init__(self, manifest: Node, unit: str) -> None:
        self._nodes = {**manifest["nodes"], **manifest["sources"]}
        self._unit, self._project = unit, manifest["metadata"]["project_name"]
        selectable = [*manifest["nodes"].values(), *manifest.get("unit_tests", {}).values()]
        self._same_fqn = Counter(tuple(node["fqn"]) for node in selectable)
        self._seeds = {relation(node): node for node in self._nodes.values() if node["resource_type"] == "seed"}
        self._keys: dict[str, str] = {}
        taken: dict[str, Node] = {}
        # assets first: where a source would bear an asset's key, the source gives way
        for node in sorted(
            self._nodes.values(), key=lambda node: (node["resource_type"] == "source", node["unique_id"])
        ):
            if node["resource_type"] == "source" or is_asset(node):
                self._keys[node["unique_id"]] = self._free(self._wanted(node), node, taken)

    def key(self, node: Node) -> str:
        """Asset key of an asset or source, as `unit/layer/name`."""
        return self._keys[node["unique_id"]]

    def upstream(self, node: Node) -> list[str]:
        """Keys of the assets and sources a node reads; ephemeral models are seen through."""
        keys: dict[str, None] = {}
        waiting = list(reversed(node.get("depends_on", {}).get("nodes", [])))
        seen = {node["unique_id"]}
        while waiting:
            unique_id = waiting.pop()
            if unique_id in seen or unique_id not in self._nodes:
                continue
            seen.add(unique_id)
            if unique_id in self._keys:
                keys[self._keys[unique_id]] = None
            else:
                waiting.extend(reversed(self._nodes[unique_id].get("depends_on", {}).get("nodes", [])))
        keys.pop(self._keys.get(node["unique_id"], ""), None)  # an incremental model may read its own earlier rows
        return list(keys)

    def selector(self, node: Node) -> str:
        """What selects this node alone.

        dbt takes a plain `fqn:` as the beginning of names; one that holds a pattern must match the whole name, so the
        last letter is written as a pattern of itself.
        """
        name = _NOT_IN_SELECTORS.sub("?", ".".join(node["fqn"]))
        exact = name if name.endswith("?") else f"{name[:-1]}[{name[-1]}]"
        kind = f",resource_type:{node['resource_type']}" if self._same_fqn[tuple(node["fqn"])] > 1 else ""
        return f"fqn:{exact}{kind}"

    def _wanted(self, node: Node) -> str:
        if node["resource_type"] == "source":
            said = meta(node)
            explicit = said["dagster"].get("asset_key") if isinstance(said.get("dagster"), dict) else None
            if explicit:
                return "/".join(explicit)
            if said.get("unit"):
                return f"{said['unit']}/published/{node['name']}"
            seed = self._seeds.get(relation(node))
            return self._keys[seed["unique_id"]] if seed else self._join(node["source_name"], node["name"])
        version = f"_v{node['version']}" if node.get("version") is not None else ""
        package = [] if node["package_name"] == self._project else [node["package_name"]]
        return self._join(*package, layer(node), node["name"] + version)

    def _join(self, *parts: str) -> str:
        return "/".join([self._unit, *(_NOT_IN_KEYS.sub("_", part) for part in parts)])

    def _free(self, key: str, node: Node, taken: dict[str, Node]) -> str:
        """The wanted key, or one beside it where another node bears it already."""
        other = taken.setdefault(identifier(key), node)
        if other is node:
            return key
        if node["resource_type"] == "source":
            if other["resource_type"] == "source":
                return key  # two sources may well be one table
            if relation(other) in self._seeds and relation(other) == relation(node):
                return key  # the seed makes what the source reads
            return self._free(self._join("sources", node["source_name"], node["name"]), node, taken)
        return f"{key}_{hashlib.blake2b(node['unique_id'].encode(), digest_size=3).hexdigest()}"
