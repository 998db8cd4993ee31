"""The prepared graph as a file: what is written is read back, and anything else is refused in one line."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform.dbt.graph import (
    Batches,
    Check,
    Column,
    DbtGraph,
    Model,
    Source,
    read_graph,
)
from data_platform.dbt.order import CircleError, in_order
from data_platform.dbt.project import DbtError

text = st.text(max_size=8)
texts = st.lists(text, max_size=3)
columns = st.lists(st.builds(Column, name=text, type=text, description=text), max_size=3)
models = st.builds(
    Model,
    **dict.fromkeys(
        (
            "unique_id",
            "key",
            "layer",
            "description",
            "path",
            "resource_type",
            "materialized",
            "code_version",
            "selector",
        ),
        text,
    ),
    public=st.booleans(),
    upstream=texts,
    columns=columns,
    relation=texts,
    owners=texts,
    tags=texts,
    lineage=st.dictionaries(text, st.lists(st.lists(text, min_size=2, max_size=2), max_size=2), max_size=2),
    batches=st.none() | st.builds(Batches, size=text, begin=text, end=st.none() | text),
)
checks = st.builds(
    Check,
    **dict.fromkeys(("unique_id", "name", "key", "severity", "description", "path", "selector"), text),
    also=texts,
)
sources = st.builds(Source, key=text, description=text, columns=columns, unit=st.none() | text, table=text)
graphs = st.builds(
    DbtGraph,
    fingerprint=text,
    project=text,
    models=st.lists(models, max_size=3),
    checks=st.lists(checks, max_size=3),
    sources=st.lists(sources, max_size=3),
    warnings=texts,
)
per_example = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@per_example
@given(graph=graphs)
def test_a_graph_that_was_written_is_read_back_the_same(tmp_path: Path, graph: DbtGraph) -> None:
    file = tmp_path / "graph.json"
    file.write_text(graph.to_json(), encoding="utf-8")
    assert read_graph(file) == graph


EMPTY = DbtGraph("", "shop", [], [], []).to_json()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[]",
        "null",
        EMPTY[:-20],
        "{}",
        EMPTY.replace('"format"', '"form"'),
        json.dumps({**json.loads(EMPTY), "models": [{"key": "a"}]}),
        json.dumps({**json.loads(EMPTY), "models": 3}),
    ],
)
def test_a_corrupt_graph_is_refused_in_one_line_that_says_what_to_do(tmp_path: Path, content: str) -> None:
    file = tmp_path / "shop" / "graph.json"
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(DbtError) as caught:
        read_graph(file)
    message = str(caught.value)
    assert message.startswith(f"{file}:1: is not a prepared dbt graph -> make it anew: `dp unit prepare shop`")
    assert "\n" not in message


def test_a_graph_of_another_version_of_the_platform_counts_as_none(tmp_path: Path) -> None:
    file = tmp_path / "graph.json"
    file.write_text(json.dumps({**json.loads(EMPTY), "format": 0}))
    with pytest.raises(FileNotFoundError):
        read_graph(file)


def test_bytes_that_are_no_text_are_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "graph.json"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DbtError, match="is not a prepared dbt graph"):
        read_graph(file)


@st.composite
def reading_each_other(draw: st.DrawFn) -> list[Model]:
    count = draw(st.integers(1, 8))
    reads = [draw(st.lists(st.integers(0, count - 1), max_size=3)) for _ in range(count)]
    return [_reads(number, parents) for number, parents in enumerate(reads)]


def _reads(number: int, parents: list[int]) -> Model:
    plain = {"layer": "", "description": "", "path": f"{number}.sql", "resource_type": "model", "materialized": "view"}
    more = {"public": False, "columns": [], "relation": ["", ""], "code_version": "", "selector": ""}
    return Model(
        unique_id=f"model.x.{number}", key=f"u/{number}", upstream=[f"u/{p}" for p in parents], **plain, **more
    )  # type: ignore[arg-type]


@settings(deadline=None)
@given(found=reading_each_other())
def test_models_are_ordered_after_what_they_read_or_the_circle_is_told(found: list[Model]) -> None:
    try:
        ordered = in_order(found)
    except CircleError as error:
        circle = error.what.partition(": ")[2].split(" -> ")
        assert circle[0] == circle[-1]
        for reader, read in pairwise(circle):
            assert f"u/{read}" in found[int(reader)].upstream
    else:
        place = {model.key: number for number, model in enumerate(ordered)}
        assert len(place) == len(found)
        assert all(place[key] < place[model.key] for model in found for key in model.upstream)
