"""Schema deploys beside the real Liquibase's, on one PostgreSQL server: no-op, first deploy, memory, growth."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg2

from benchmarks.liquibase import Liquibase, fetched
from benchmarks.measure import Result, median
from tests.end_to_end.debian_postgres import server

DP = Path(sys.executable).with_name("dp")
CHANGESETS = 1000
ROUNDS = 5


@dataclass(frozen=True)
class Measured:
    """One command: seconds of wall time, MiB at most resident."""

    seconds: float
    memory: float


def run() -> list[Result]:
    """Deploy 1,000 changesets of two statements each, first and again; then ours alone with 100 and 10,000."""
    real = fetched()
    with tempfile.TemporaryDirectory(prefix="dp-bench-") as name, server() as url:
        folder = Path(name)
        write_changelog(folder / "v.sql", CHANGESETS)
        first_ours, first_real, again_ours, again_real = [], [], [], []
        for _ in range(ROUNDS):
            empty(url)
            first_real.append(theirs(real, folder, url))
            again_real.append(theirs(real, folder, url))
            empty(url)
            first_ours.append(ours(folder, url))
            again_ours.append(ours(folder, url))
        growth = growing(folder, url)
    note = f"{CHANGESETS:,} changesets, medians of {ROUNDS}, whole commands"
    peak = f"{note}, peak resident"
    return [
        Result("no-op deploy", seconds(again_ours), seconds(again_real), "s", 1 / 20, note),
        Result("first deploy", seconds(first_ours), seconds(first_real), "s", 1 / 3, note),
        Result("memory of a no-op deploy", memory(again_ours), memory(again_real), "MiB", 1 / 5, peak),
        Result("memory of a first deploy", memory(first_ours), memory(first_real), "MiB", 1 / 5, peak),
        Result(
            "growth from 100 to 10,000 changesets",
            growth[10_000] / growth[100],
            100,
            "times the seconds",
            1.2,
            f"first deploy: {growth[100]:.2f} s, {growth[10_000]:.1f} s; the limit is 100 times",
        ),
    ]


def write_changelog(path: Path, count: int) -> None:
    """A changelog of tables with an index each."""
    changesets = "".join(
        f"\n--changeset ann:{number}\n"
        f"CREATE TABLE bench_{number} (id integer PRIMARY KEY, name varchar(40) NOT NULL);\n"
        f"CREATE INDEX bench_{number}_name ON bench_{number} (name);\n"
        f"--rollback DROP TABLE bench_{number};\n"
        for number in range(count)
    )
    path.write_text(f"--liquibase formatted sql\n{changesets}")


def growing(folder: Path, url: str) -> dict[int, float]:
    """Seconds of our first deploy, by number of changesets."""
    found = {}
    for count in (100, 10_000):
        write_changelog(folder / "v.sql", count)
        empty(url)
        found[count] = ours(folder, url).seconds
    return found


def empty(url: str) -> None:
    """Drop everything, table by table: a server has not enough locks for a thousand tables in one transaction."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS platform CASCADE")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TABLE "{name}"')
        cursor.execute("CHECKPOINT")
    connection.close()


def ours(folder: Path, url: str) -> Measured:
    """`dp schema deploy`."""
    return measured([str(DP), "schema", "deploy", "--changelog", "v.sql", "--database", url], folder)


def theirs(real: Liquibase, folder: Path, url: str) -> Measured:
    """The real one's `update`, as its documentation runs it."""
    password = unquote(urlsplit(url).password or "none")
    return measured(real.command(url, "--changelog-file=v.sql", "update"), folder, LIQUIBASE_COMMAND_PASSWORD=password)


def measured(command: list[str], folder: Path, **variables: str) -> Measured:
    """Run a command to its end."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=os.environ | variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return Measured(time.perf_counter() - began, usage.ru_maxrss / 1024)


def seconds(values: list[Measured]) -> float:
    """The median of the seconds."""
    return median([each.seconds for each in values])


def memory(values: list[Measured]) -> float:
    """The median of the memory."""
    return median([each.memory for each in values])
