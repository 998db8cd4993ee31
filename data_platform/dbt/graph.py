"""The slim picture of a dbt project that code servers load instead of its manifest."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from data_platform.dbt.project import GRAPH_FORMAT, DbtError


@dataclass(frozen=True)
class Column:
    """A column: its name, declared data type ('' when unknown) and description."""

    name: str
    type: str = ""
    description: str = ""


@dataclass(frozen=True)
class Batches:
    """How a microbatch model is cut by time.

    Attributes:
        size: `hour`, `day`, `month` or `year`.
        begin: start of the first batch in UTC, as an ISO date; with hours and minutes where the size is `hour`.
        end: when the last batch has ended, written the same way; None while data goes on.
    """

    size: str
    begin: str
    end: str | None = None


@dataclass(frozen=True)
class Model:
    """A model, seed or snapshot: one asset.

    Attributes:
        unique_id: dbt's id.
        key: asset key as `unit/layer/name`.
        upstream: asset keys it reads, ephemeral models seen through.
        columns: declared columns, in order.
        lineage: output column -> list of [asset key, column] it comes from.
        relation: schema and identifier in the warehouse.
        code_version: changes when the model's code or configuration changes.
        selector: what `dbt --select` calls it.
        batches: how it is cut by time, the same for all models of the project; None where it is made as a whole.
    """

    unique_id: str
    key: str
    layer: str
    description: str
    path: str
    resource_type: str
    materialized: str
    public: bool
    upstream: list[str]
    columns: list[Column]
    relation: list[str]
    code_version: str
    selector: str
    owners: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    lineage: dict[str, list[list[str]]] = field(default_factory=dict)
    batches: Batches | None = None


@dataclass(frozen=True)
class Check:
    """A dbt test or unit test: one check of an asset.

    Attributes:
        key: the asset it checks.
        also: other assets it reads.
        severity: `error` (blocks what is downstream) or `warn`.
    """

    unique_id: str
    name: str
    key: str
    also: list[str]
    severity: str
    description: str
    path: str
    selector: str

    @property
    def is_unit_test(self) -> bool:
        """Whether it checks the model's logic on given rows, not its data."""
        return self.unique_id.startswith("unit_test.")


@dataclass(frozen=True)
class Source:
    """A table that the project reads and does not make; `unit` where another unit publishes it."""

    key: str
    description: str
    columns: list[Column]
    unit: str | None = None
    table: str = ""


@dataclass(frozen=True)
class DbtGraph:
    """All of a prepared project; `fingerprint` tells whether it is still true."""

    fingerprint: str
    project: str
    models: list[Model]
    checks: list[Check]
    sources: list[Source]
    warnings: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """The graph as one JSON document."""
        return json.dumps({"format": GRAPH_FORMAT, **asdict(self)}, separators=(",", ":"))


def read_graph(path: Path) -> DbtGraph:
    """Read a prepared graph.

    Raises:
        FileNotFoundError: there is none yet, or only one of another version of the platform.
        DbtError: the file is corrupt.
    """
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("format") != GRAPH_FORMAT:
            raise FileNotFoundError(path)
        return DbtGraph(
            fingerprint=document["fingerprint"],
            project=document["project"],
            models=[_model(item) for item in document["models"]],
            checks=[Check(**item) for item in document["checks"]],
            sources=[_source(item) for item in document["sources"]],
            warnings=document["warnings"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        line = getattr(error, "lineno", 1)
        raise DbtError(
            "is not a prepared dbt graph",
            where=path,
            line=line,
            fix=f"make it anew: `dp unit prepare {path.parent.name}`",
            anchor="dbt-projects",
        ) from None


def _columns(items: list[dict[str, str]]) -> list[Column]:
    return [Column(**item) for item in items]


def _model(item: dict[str, Any]) -> Model:
    batches = Batches(**item["batches"]) if item["batches"] else None
    return Model(**{**item, "columns": _columns(item["columns"]), "batches": batches})


def _source(item: dict[str, Any]) -> Source:
    return Source(**{**item, "columns": _columns(item["columns"])})
