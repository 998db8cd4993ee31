"""The published JSON schema of the unit card: editors refuse what the platform refuses."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from data_platform.environment import current_environment
from data_platform.units.card import unit_folders
from data_platform.units.schema import card_page, card_schema

ROOT = current_environment().root
SOUND: dict[str, Any] = {"name": "sales", "title": "Sales", "owners": ["team:sales"]}


@pytest.fixture(scope="module")
def editor() -> jsonschema.Draft202012Validator:
    schema = json.loads(card_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("folder", unit_folders(ROOT / "code_locations"), ids=lambda folder: folder.name)
def test_every_shipped_card_fits_and_names_the_schema(folder: Path, editor: jsonschema.Draft202012Validator) -> None:
    text = (folder / "unit.yaml").read_text(encoding="utf-8")
    editor.validate(yaml.safe_load(text))
    named = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (folder / named).resolve() == ROOT / "docs" / "reference" / "unit.schema.json"


def test_the_example_of_the_reference_page_fits(editor: jsonschema.Draft202012Validator) -> None:
    example = card_page().split("```yaml\n")[1].split("```")[0]
    editor.validate(yaml.safe_load(example))


@pytest.mark.parametrize(
    "change",
    [
        {"owner": "team:sales"},
        {"name": "Sales"},
        {"name": "raw"},
        {"owners": []},
        {"owners": ["somebody"]},
        {"dbt": {"threads": "many"}},
        {"dbt": {"threads": 0}},
        {"schedule": {}},
        {"freshness": {"fail_after_hours": -1}},
        {"services": [{"name": "shop", "read": []}]},
    ],
    ids=str,
)
def test_an_editor_refuses_what_the_platform_refuses(
    change: dict[str, Any], editor: jsonschema.Draft202012Validator
) -> None:
    assert editor.is_valid(SOUND)
    assert not editor.is_valid({**SOUND, **change})


def test_the_reference_page_tells_every_key_with_its_meaning() -> None:
    rows = {line.split("|")[1].strip(): line.split("|")[2:5] for line in card_page().splitlines() if line[:3] == "| `"}
    schema = json.loads(card_schema())
    assert {f"`{key}`" for key in schema["properties"]} <= set(rows)
    assert [cell.strip() for cell in rows["`dbt.threads`"]][:2] == ["whole number", "`1`"]
    assert [cell.strip() for cell in rows["`services[].name`"]] == ["text", "required", "The service's name."]
    assert all(cells[2].strip() for cells in rows.values())
