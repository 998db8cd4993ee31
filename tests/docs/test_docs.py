"""What the pages say exists: links, commands, variables, and a heading for every error."""

import ast
import functools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from data_platform.cli.main import application

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CODE = ("data_platform", "code_locations", "dbt_projects", "dagster_home")
VARIABLE = re.compile(r"DATA_PLATFORM_[A-Z_]*[A-Z]")
FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_fences(text: str) -> str:
    return FENCE.sub("", text)


def headings(page: Path) -> list[str]:
    """Anchors of a page's headings, as forges make them."""
    found = re.findall(r"^#+ +(.+)$", without_fences(page.read_text(encoding="utf-8")), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found]


def anchors_in_code() -> dict[str, str]:
    """Every `anchor=` of the library, and where it stands."""
    found = {}
    for path in sorted((ROOT / "data_platform").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        named = {
            target.id: statement.value
            for statement in tree.body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "anchor":
                value = named.get(node.value.id, node.value) if isinstance(node.value, ast.Name) else node.value
                place = f"{relative(path)}:{node.value.lineno}"
                assert not isinstance(value, ast.Name), f"{place}: write the anchor out, so that it can be looked up"
                constants = [part.value for part in ast.walk(value) if isinstance(part, ast.Constant)]
                found |= {str(constant): place for constant in constants if constant is not None}
        for anchor in re.findall(r"docs/errors\.md#([\w-]+)", text):
            found[anchor] = relative(path)
    return found


def commands_of(page: Path) -> Iterator[list[str]]:
    """The words of every `dp ...` and `make ...` that a page names, in code blocks and in code spans."""
    text = page.read_text(encoding="utf-8")
    blocks = [line.strip() for fence in FENCE.finditer(text) for line in fence.group().splitlines()[1:-1]]
    spans = re.findall(r"`([^`\n]+)`", without_fences(text))
    for code in [*blocks, *spans]:
        found = re.match(r"(?:\$ )?(?:[A-Z_]+=\S+ +)*(?:\.venv/bin/)?((?:dp|make)(?: .*)?)$", code)
        if found:
            words = shlex.split(found[1].replace("…", "").replace("'", ""), comments=True)
            yield words[: next((at for at, word in enumerate(words) if word in {"&&", "|", ";"}), len(words))]


@functools.cache
def command_line() -> click.Command:
    """The command line; building it takes a while."""
    return typer.main.get_command(application())


def mistake_in_dp(words: list[str]) -> str | None:
    """What is wrong with a `dp` command, as the command line itself would say; nothing is run."""
    command = command_line()
    rest = [word for word in words[1:] if word not in {"-h", "--help"} and not word.startswith("[")]
    while isinstance(command, click.Group):
        if not rest:
            return None
        default = getattr(command, "default", None)  # the command whose name may be left out
        word = default if default and rest[0] not in command.commands else rest.pop(0)
        if word.startswith("-"):
            known = {name for parameter in command.params for name in parameter.opts}
            return None if word in known else f"No such option: {word}"
        if word not in command.commands:
            return f"No such command '{word}'."
        command = command.commands[word]
    try:
        command.make_context(command.name, rest)
    except click.MissingParameter:
        return None  # a text may name a command without all that it needs
    except click.UsageError as error:
        return error.format_message()
    return None


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_and_image_leads_somewhere(page: Path):
    text = without_fences(page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{relative(page)} links to {target}, which does not exist"
        if heading:
            assert heading in headings(file), f"{relative(page)} links to {target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_command_named_exists(page: Path):
    for words in commands_of(page):
        if words[0] == "dp":
            mistake = mistake_in_dp(words)
            assert mistake is None, f"{relative(page)}: `{' '.join(words)}`: {mistake}"
        else:
            targets = [word for word in words[1:] if "=" not in word and not word.startswith(("-", "<"))]
            unknown = set(targets) - make_targets()
            assert not unknown, f"{relative(page)}: `{' '.join(words)}`: no target {unknown}"


def test_the_pages_are_searched_for_commands():
    named = [" ".join(words) for page in PAGES for words in commands_of(page)]
    assert {"make up", "make test", "dp status", "dp up --detach --port 3001"} <= set(named)


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("dp unit bild fleet", "bild"),
        ("dp unit build --jsn", "--jsn"),
        ("dp --versoin", "--versoin"),
        ("dp up fleet", "fleet"),
        ("dp up --port many", "many"),
        ("dp unit build fleet operations --json", None),
        ("dp up --no-build -d", None),
        ("dp unit new", None),
    ],
)
def test_a_wrong_command_would_be_found(words: str, mistake: str | None):
    found = mistake_in_dp(words.split())
    assert found is None if mistake is None else mistake in (found or "")


def test_every_error_has_its_heading():
    known = headings(ROOT / "docs" / "errors.md")
    missing = {anchor: place for anchor, place in anchors_in_code().items() if anchor not in known}
    assert not missing, "docs/errors.md lacks headings for these anchors"


def test_no_heading_of_errors_is_there_twice():
    known = headings(ROOT / "docs" / "errors.md")
    assert len(known) == len(set(known))


def test_the_variables_are_those_of_the_code():
    files = [path for folder in CODE for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [ROOT / "Dockerfile", ROOT / "Makefile", *(ROOT / "ci").iterdir()]
    readable = {".py", ".sql", ".yml", ".yaml", ".sh", ".toml", ".csv", ".txt", ""}
    used: set[str] = set()
    for path in files:
        if path.suffix in readable and not {"target", "logs", "__pycache__"} & set(path.relative_to(ROOT).parts):
            used |= set(VARIABLE.findall(path.read_text(encoding="utf-8")))
    page = (ROOT / "docs" / "platform-engineer.md").read_text(encoding="utf-8")
    table = page.partition("## Environment variables")[2].partition("\n## ")[0]
    assert set(VARIABLE.findall(table)) == used
