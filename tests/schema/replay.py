"""Does a recorded run of the real Liquibase again, with `dp schema`, and compares what came of it."""

import contextlib
import csv
import io
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from data_platform.cli.main import run

COLUMNS = ("id", "author", "filename", "orderexecuted", "exectype", "md5sum", "description", "comments", "tag")
COLUMNS += ("contexts", "labels")


@dataclass
class Ours:
    """Where we do better than the real one: what is different in a step, and why."""

    why: str
    exit_code: int | None = None
    rows: str | None = None  # "" for none
    says: str | None = None


DIFFERENT = {
    ("15-run-in-transaction-false", 2): Ours(
        "the second try goes on after the statement that worked", says='relation "nope" does not exist'
    ),
    ("17-rollback-multiline-glue", 2): Ours("lines of a rollback block keep their line ends", says="DROP TABLE\nt1;"),
    ("17-rollback-multiline-glue", 3): Ours("so the rollback works", exit_code=0, rows=""),
    ("20-status-updatesql", 1): Ours("status writes no tables"),
    ("27-duplicates", 4): Ours("ids that differ in case only are refused", exit_code=1, says="differ in case only"),
    ("36-drop-all-and-future", 3): Ours("there is no command that drops everything"),
}


CHANGED_BY_OURS = {
    # status writes no tables, and nothing was dropped
    "select count(*) from information_schema.tables where table_schema='public'",
    "select table_name from information_schema.tables where table_schema='public' order by 1",
}
# what the real one takes from its surroundings without being asked is given here
SURROUNDINGS = {"31-properties": ["--property=java.version.date=2025-04-15"]}


COMMANDS = {
    "update": ["deploy", "--lock-wait", "0"],
    "update-sql": ["sql"],
    "update-to-tag": ["deploy"],
    "status": ["status"],
    "validate": ["validate"],
    "changelog-sync": ["baseline"],
    "changelog-sync-sql": ["baseline", "--sql"],
    "mark-next-changeset-ran": ["baseline", "--next"],
    "clear-checksums": ["baseline", "--clear-checksums"],
    "rollback-count": ["rollback"],
    "rollback-count-sql": ["rollback", "--sql"],
    "list-locks": ["unlock", "--show"],
    "release-locks": ["unlock"],
}


class Replay:
    """One case, step by step."""

    def __init__(self, case: Path, folder: Path, url: str) -> None:
        self.case, self.folder, self.url = case, folder, url
        self.steps = json.loads((case / "case.json").read_text())["steps"]
        if (case / "initial").exists():
            shutil.copytree(case / "initial", folder, dirs_exist_ok=True)

    def run(self) -> None:
        for step in self.steps:
            if "write" in step:
                shutil.copy(self.case / step["see"], self.folder / step["write"])
            elif "sql" in step:
                if step["sql"] not in CHANGED_BY_OURS:
                    assert self.query(step["sql"]) == step["out"], step
            elif "fresh database" in step.get("note", ""):
                self.empty()
                self.step(step)
            else:
                self.step(step)

    def step(self, step: dict[str, Any]) -> None:
        number, arguments = step["step"], shlex.split(step["liquibase"])
        ours = DIFFERENT.get((self.case.name, number), Ours(""))
        if "drop-all" in arguments:
            return
        if "generate-changelog" in arguments:
            shutil.copy(self.case / "generated.postgresql.sql", self.folder / "gen.postgresql.sql")
            return
        code, output = self.dp(self.translated(arguments))
        told = f"{self.case.name} step {number}: {arguments}\n{output}"
        assert "Traceback" not in output, told
        assert code == (step["exit_code"] if ours.exit_code is None else ours.exit_code), told
        if ours.says:
            assert ours.says in output, told
        elif not ours.exit_code:
            self.compare_messages(number, output, told)
        if ours.rows != "":
            self.compare_rows(number, told)
        else:
            assert not self.rows()

    def compare_rows(self, number: int, told: str) -> None:
        path = self.case / f"step{number}.rows.csv"
        recorded = path.read_text().splitlines() if path.exists() else []
        expected = [
            tuple(None if row[name] == "\\N" else row[name] for name in COLUMNS) for row in csv.DictReader(recorded)
        ]
        assert self.rows() == expected, told

    def compare_messages(self, number: int, output: str, told: str) -> None:
        """What the real one told must be told: which changeset, which sums, what the database said."""
        real = "".join((self.case / f"step{number}.{name}").read_text() for name in ("stderr", "stdout"))
        for fact in re.findall(r"was: \S+ but is now: \d:", real):
            assert fact in output, told
        for fact in re.findall(r"Migration failed for changeset (\S+?):\n", real):
            assert fact in output, told
        for fact in re.findall(r'ERROR: ((?:relation|column) "\w+" (?:does not exist|already exists))', real):
            assert fact in output, told
        for fact in re.findall(r"Expected '(\w+)' got '(\w+)'", real):
            assert all(part in output for part in fact), told
        for fact in re.findall(r"Currently locked by (\S+ \(\S+\))", real):
            assert fact in output, told
        for fact in re.findall(r"^     (\S+::\S+::\S+)$", real, re.MULTILINE):
            assert fact in output, told
        for fact in re.findall(r"Running Changeset: (\S+)", real) + re.findall(r"Rolling Back Changeset: (\S+)", real):
            assert fact in output, told
        for old, new in re.findall(r"from (8:\w+) to (9:\w+)", real):
            assert old in output, told
            assert new in output, told
        if "is up to date" in real:
            assert "up to date" in output or "0 changesets ran" in output, told

    def translated(self, arguments: list[str]) -> list[str]:
        """Liquibase's arguments as ours."""
        command, options = list[str](), list[str]()
        for argument in arguments:
            name, _, value = argument.partition("=")
            if name in COMMANDS:
                command = COMMANDS[name]
            elif name == "--tag":
                options.append(f"--to-tag={value}")
            elif name not in {"--verbose", "--show-summary"}:
                options.append(argument.replace("-D", "--property=", 1) if name.startswith("-D") else argument)
        return ["schema", *command, *options, *SURROUNDINGS.get(self.case.name, []), "--database", self.url]

    def dp(self, arguments: list[str]) -> tuple[int, str]:
        with in_folder(self.folder), captured() as output:
            code = run(arguments)
        return code, output()

    def rows(self) -> list[tuple[str | None, ...]]:
        if self.query("select to_regclass('public.databasechangelog') is null") == "t":
            return []
        names = ", ".join(f"cast({name} as text)" for name in COLUMNS)
        with connected(self.url) as cursor:
            cursor.execute(f"select {names} from databasechangelog order by orderexecuted")
            return cursor.fetchall()

    def query(self, sql: str) -> str:
        with connected(self.url) as cursor:
            cursor.execute(sql)
            if cursor.description is None:
                return ""
            return "\n".join("|".join(shown(value) for value in row) for row in cursor.fetchall())

    def empty(self) -> None:
        with connected(self.url) as cursor:
            cursor.execute("drop schema public cascade; create schema public; drop schema if exists platform cascade")


def shown(value: object) -> str:
    """As psql prints it."""
    return {True: "t", False: "f"}.get(value, str(value)) if isinstance(value, bool) else str(value)


@contextmanager
def connected(url: str) -> Iterator[Any]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


@contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    with contextlib.chdir(folder):
        yield


@contextmanager
def captured() -> Iterator[Any]:
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        yield stream.getvalue
