"""A synthetic dbt project of any size, the same every time: models in layers, three tests a model."""

from pathlib import Path

LAYERS = 5


def write_project(folder: Path, *, name: str, models: int) -> None:
    """Write a project of `models` models and three times as many tests.

    Each model of a layer reads two of the layer before; the first layer makes its own rows.
    """
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "dbt_project.yml").write_text(
        f'name: {name}\nversion: "1.0"\nprofile: {name}\nmodels:\n  {name}:\n    +materialized: table\n'
    )
    (folder / "profiles.yml").write_text(
        f"{name}:\n  target: bench\n  outputs:\n    bench:\n      type: duckdb\n"
        "      path: \"{{ env_var('BENCH_DUCKDB_FILE', 'bench.duckdb') }}\"\n      threads: 4\n"
    )
    width = models // LAYERS
    for number in range(models):
        layer, position = divmod(number, width)
        path = folder / "models" / f"layer_{layer}" / f"m_{number}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(_sql(number, layer, position, width))
        path.with_suffix(".yml").write_text(_yml(number))


def _sql(number: int, layer: int, position: int, width: int) -> str:
    if layer == 0:
        return f"select range as id, range % {number + 2} as part, 'row ' || range as label from range(1000)\n"
    first = (layer - 1) * width + position
    second = (layer - 1) * width + (position + 1) % width
    return (
        f"select a.id, a.part + b.part as part, a.label\n"
        f"from {{{{ ref('m_{first}') }}}} as a\njoin {{{{ ref('m_{second}') }}}} as b on a.id = b.id\n"
    )


def _yml(number: int) -> str:
    return (
        f"models:\n  - name: m_{number}\n    description: Synthetic model {number}.\n    columns:\n"
        "      - name: id\n        description: Row.\n        data_tests: [unique, not_null]\n"
        "      - name: part\n        description: A number.\n        data_tests: [not_null]\n"
    )
