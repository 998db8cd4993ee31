"""Unit cards: what is accepted, and how each mistake is told."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_platform.errors import DataPlatformError, UsageError
from data_platform.units.card import UnitCard, read_card, read_cards

CARD = """\
name: sales
title: Sales
owners:
  - sales@example.org
  - team:sales
"""


def card_file(folder: Path, text: str, name: str = "sales") -> Path:
    unit = folder / "code_locations" / name
    unit.mkdir(parents=True, exist_ok=True)
    (unit / "unit.yaml").write_text(text, encoding="utf-8")
    return unit


def mistake(folder: Path, text: str, name: str = "sales") -> str:
    with pytest.raises(UsageError) as caught:
        read_card(card_file(folder, text, name))
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.exit_code == 2
    return message


def test_a_short_card_is_enough(tmp_path: Path) -> None:
    card = read_card(card_file(tmp_path, CARD))
    assert (card.name, card.owners) == ("sales", ["sales@example.org", "team:sales"])
    assert card.dbt_project == "dbt_projects/sales"


def test_every_part_of_a_full_card_is_read(tmp_path: Path) -> None:
    card = read_card(
        card_file(
            tmp_path,
            CARD + "dbt: {project: elsewhere/dbt, threads: 4}\nregions: [nz]\n"
            "schedule: {cron: '0 5 * * 1-5', timezone: Europe/Brussels}\nfreshness: {fail_after_hours: 2.5}\n"
            "alerts: {channels: [sales-oncall]}\nservices: [{name: shop, reads: [orders]}]\n",
        )
    )
    assert card.dbt_project == "elsewhere/dbt"
    assert card.schedule is not None
    assert card.schedule.timezone == "Europe/Brussels"
    assert card.freshness is not None
    assert card.freshness.fail_after_hours == 2.5
    assert card.services[0].reads == ["orders"]


def test_a_wrong_type_is_told_with_file_and_line(tmp_path: Path) -> None:
    message = mistake(tmp_path, CARD + "dbt:\n  threads: many\n")
    assert message.startswith("code_locations/sales/unit.yaml:7: dbt.threads:")
    assert "'many'" in message


def test_an_unknown_key_is_told_with_the_key_that_was_meant(tmp_path: Path) -> None:
    message = mistake(tmp_path, CARD + "shedule: {cron: '0 5 * * *'}\n")
    assert message.startswith("code_locations/sales/unit.yaml:6: unknown key 'shedule' -> did you mean 'schedule'?")


def test_an_unknown_key_inside_another_is_told_with_what_that_one_knows(tmp_path: Path) -> None:
    message = mistake(tmp_path, CARD + "schedule:\n  cron: '0 5 * * *'\n  timzone: UTC\n")
    assert message.startswith("code_locations/sales/unit.yaml:8: unknown key 'timzone' -> did you mean 'timezone'?")


def test_an_owner_is_an_address_or_a_team(tmp_path: Path) -> None:
    message = mistake(tmp_path, "name: sales\ntitle: Sales\nowners:\n  - somebody\n")
    assert message.startswith(
        "code_locations/sales/unit.yaml:4: owners.0: an owner is an e-mail address or 'team:<name>'"
    )


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    assert "the key 'owners' is missing" in mistake(tmp_path, "name: sales\ntitle: Sales\n")


@pytest.mark.parametrize("name", ["Sales", "1st", "a-b", "class", "", "x" * 41])
def test_a_name_that_is_no_identifier_is_refused(tmp_path: Path, name: str) -> None:
    message = mistake(tmp_path, CARD.replace("name: sales", f"name: '{name}'"))
    assert message.startswith("code_locations/sales/unit.yaml:1: name: a unit's name is a lower-case identifier")


def test_two_units_cannot_share_a_name(tmp_path: Path) -> None:
    card_file(tmp_path, CARD)
    card_file(tmp_path, CARD, name="shop")
    with pytest.raises(UsageError, match=r"shop/unit\.yaml:1: the card's name 'sales' is not its folder's name 'shop'"):
        read_cards(tmp_path / "code_locations")


def test_a_cron_expression_and_a_time_zone_are_checked(tmp_path: Path) -> None:
    assert "unit.yaml:6: schedule.cron:" in mistake(tmp_path, CARD + "schedule: {cron: every day}\n")
    wrong_zone = CARD + "schedule: {cron: '0 5 * * *', timezone: Mars/Base}\n"
    assert "schedule.timezone: is no IANA time zone" in mistake(tmp_path, wrong_zone)


def test_text_that_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    assert mistake(tmp_path, CARD + "dbt: [\n").startswith("code_locations/sales/unit.yaml:7: is not valid YAML")
    assert "must hold a mapping" in mistake(tmp_path, "- a\n- b\n")


def test_a_card_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the file does not exist"):
        read_card(tmp_path / "code_locations" / "nobody")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.one_of(st.text(), st.text(alphabet="abn:- []{}'\"\n#&*!|>%@`\t0123", max_size=60)), after=st.booleans())
def test_any_text_is_a_card_or_one_line_of_refusal(tmp_path: Path, text: str, after: bool) -> None:
    unit = card_file(tmp_path, "")
    (unit / "unit.yaml").write_text(CARD + text if after else text, encoding="utf-8", errors="surrogatepass")
    try:
        assert isinstance(read_card(unit), UnitCard)
        return
    except DataPlatformError as error:
        refusal = str(error)
    assert "\n" not in refusal
    assert "unit.yaml" in refusal
