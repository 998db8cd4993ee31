"""What people see of the platform, in a real browser.

With DATA_PLATFORM_PICTURES=docs/images the pictures of the README are taken anew.
"""

import os
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.end_to_end.data import Contents, contents, query
from tests.end_to_end.live import LOCATIONS, Live, until

MART = "/assets/operations/marts/delay_by_weather"
PARTITIONED = "/assets/operations/marts/route_punctuality"
expect.set_options(timeout=60_000)


def picture(page: Page, name: str) -> None:
    """Take a picture for the README, if that was asked for."""
    if folder := os.environ.get("DATA_PLATFORM_PICTURES"):
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(2000)
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_the_four_code_locations_are_loaded(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Deployment").click()
    expect(page.get_by_text("4 code locations")).to_be_visible()
    for name in LOCATIONS:
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_text("Loaded", exact=True)).to_have_count(4)


def test_the_catalog_shows_a_mart_with_description_owners_kinds_rows_and_columns(page: Page, live: Live) -> None:
    page.goto("/assets")
    page.get_by_text("Search", exact=True).click()
    page.keyboard.type("delay_by_weather")
    page.get_by_text("operations / marts / delay_by_weather").click()
    expect(page).to_have_url(re.compile(f"{MART}"))

    expect(page.get_by_text("Punctuality in each kind of weather, one row per origin")).to_be_visible()
    for owner in ("operations", "operations@example.org"):
        expect(_under(page, "Owners", owner)).to_be_visible()
    for kind in ("dbt", "DuckDB", "Table"):
        expect(_under(page, "Kinds", kind)).to_be_visible()
    [[rows]] = query(live, "operations", "select count(*) from marts.delay_by_weather")
    expect(_under(page, "Row count", f"{rows:,}")).to_be_visible()
    expect(_under(page, "Code location", "operations")).to_be_visible()
    expect(page.get_by_text("Freshness policy").first).to_be_visible()

    columns = query(
        live,
        "operations",
        "select column_name, data_type from information_schema.columns "
        "where table_schema = 'marts' and table_name = 'delay_by_weather'",
    )
    for name, kind in columns:
        row = page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))
        expect(row.get_by_text(kind, exact=True)).to_be_visible()
        expect(row.get_by_role("cell").last).to_contain_text(re.compile(r"\w+ \w+"))
    expect(page.get_by_text("Share of the scheduled flights that was cancelled, 0 to 1.")).to_be_visible()
    picture(page, "mart")


def test_a_column_shows_which_columns_of_another_unit_it_is_made_of(page: Page) -> None:
    page.goto("/assets/operations/intermediate/int_flights_weather")
    row = page.get_by_role("row").filter(has=page.get_by_text("is_weather_observed", exact=True))
    expect(row).to_contain_text("From meteorology/published/hourly_weather is_observed")
    row.get_by_role("link", name="meteorology/published/hourly_weather").click()
    until(lambda: any("/assets/meteorology/published/hourly_weather" in tab.url for tab in page.context.pages))


def test_a_model_links_to_its_source_file(page: Page, live: Live) -> None:
    page.goto(MART)
    file = live.root / "dbt_projects/operations/models/marts/delay_by_weather.sql"
    assert file.exists()
    expect(page.locator(f"a[href='vscode://file/{file}:1']")).to_be_visible()


def test_lineage_crosses_from_operations_to_meteorology(page: Page) -> None:
    page.goto(f"{MART}?view=lineage")
    page.get_by_role("button", name="Upstream").click()
    page.get_by_role("button", name="All", exact=True).click()
    until(lambda: int((re.findall(r"lineageDepth=(\d+)", page.url) or ["1"])[0]) > 5)
    # the graph is fitted to the window of a tab that opens it, more or less
    graph = page.context.new_page()
    graph.goto(page.url)
    expect(graph.get_by_text("delay_by_weather", exact=True).first).to_be_visible()

    def both_ends_are_seen() -> bool:
        graph.wait_for_timeout(700)
        seen = _is_inside(graph, "weather") and _is_inside(graph, "delay_by_weather")
        if not seen:
            graph.get_by_role("button", name="zoom_out").click()
        return seen

    until(both_ends_are_seen)
    picture(graph, "lineage")
    expect(graph.get_by_text("int_airport_hours", exact=True).first).to_be_visible()  # only meteorology has it
    graph.get_by_text("hourly_weather", exact=True).first.click()
    expect(graph).to_have_url(re.compile("/assets/meteorology/(marts|published)/hourly_weather"))


def test_a_check_that_warns_shows_its_count(page: Page, live: Live) -> None:
    [[hours]] = query(live, "meteorology", "select count(*) from marts.hourly_weather where not is_observed")
    page.goto("/assets/meteorology/marts/hourly_weather")
    page.get_by_role("tab", name="Checks").click()
    page.get_by_text("hours_nobody_observed", exact=True).first.click()
    expect(page.get_by_text("This is a non-blocking asset check.")).to_be_visible()
    expect(page.get_by_text("Hours of the year for which an airport has no observation.")).to_be_visible()
    expect(page.get_by_text(f"Got {hours} results, configured to warn if != 0").first).to_be_visible()
    failures = page.get_by_role("row").filter(has=page.get_by_text("failures", exact=True))
    expect(failures.get_by_text(str(hours), exact=True)).to_be_visible()


def test_a_month_of_a_partitioned_model_is_built_again_by_clicks(
    page: Page, live: Live, first_contents: Contents
) -> None:
    before = {run["runId"] for run in live.runs()}
    page.goto(f"{PARTITIONED}?view=partitions")
    expect(page.get_by_text("12 Partitions Selected")).to_be_visible()
    for month in range(1, 13):
        expect(page.get_by_text(f"2013-{month:02d}-01", exact=True).first).to_be_visible()

    page.get_by_role("button", name="Materialize").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_placeholder("ex:").fill("2013-06-01")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("1 partition", exact=True)).to_be_visible()
    dialog.get_by_role("button", name=re.compile("Launch")).click()
    expect(dialog).to_be_hidden()

    [run] = until(lambda: [run for run in live.runs() if run["runId"] not in before])
    assert live.ended(run["runId"])["status"] == "SUCCESS"
    [materialized] = live.run(run["runId"])["assetMaterializations"]
    assert materialized["assetKey"]["path"] == ["operations", "marts", "route_punctuality"]
    assert materialized["partition"] == "2013-06-01"
    assert contents(live) == first_contents
    page.goto(f"/runs/{run['runId']}")
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()


def _is_inside(graph: Page, node: str) -> bool:
    """Whether a node of the lineage graph is entirely in the window."""
    for found in graph.get_by_text(node, exact=True).all():
        box, window = found.bounding_box(), graph.viewport_size
        if box and window and box["x"] > 250 and 200 < box["y"] < window["height"] - 60:
            return True
    return False


def _under(page: Page, title: str, text: str) -> Locator:
    """A text in the part of an asset's page that has this title."""
    return page.get_by_text(title, exact=True).first.locator("xpath=..").get_by_text(text, exact=True).first
