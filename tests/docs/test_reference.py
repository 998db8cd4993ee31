"""The reference pages say what the code says."""

import subprocess
import sys
from pathlib import Path

from data_platform.environment import current_environment
from data_platform.reference import command_line_page, stale_pages


def test_the_reference_pages_are_what_the_code_says():
    assert stale_pages(current_environment().root) == [], "run `make docs`"


def test_a_page_that_somebody_edited_is_stale(tmp_path: Path):
    folder = tmp_path / "docs" / "reference"
    folder.mkdir(parents=True)
    (folder / "cli.md").write_text(command_line_page() + "\nedited by hand\n", encoding="utf-8")
    assert "cli.md" in stale_pages(tmp_path)


def test_every_page_is_written_where_none_is(tmp_path: Path):
    command = [sys.executable, "-m", "data_platform.reference"]
    done = subprocess.run(
        command, env={"DATA_PLATFORM_ROOT": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert "wrote docs/reference/cli.md" in done.stdout
    assert stale_pages(tmp_path) == []


def test_the_command_line_page_tells_what_an_argument_is_for():
    page = command_line_page()
    assert "## dp unit build" in page
    assert "| `[UNIT]...` | Units; none means all. |" in page
    assert "dp unit new sales --owner sales@example.org" in page
