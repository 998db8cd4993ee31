"""Schema deploys beside the real Liquibase's, on one PostgreSQL server: no-op, first deploy, memory, growth."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
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


def run() -> list[Result]:
    """Deploy 1,000 changesets of two statements each, first and again; then ours alone with 100 and 10,000."""
    real = fetched()
    with tempfile.TemporaryDirectory(prefix="dp-bench-") as name, server() as url:
        folder = Path(name)
        write_changelog(folder / "v.sql", CHANGESETS)
        real_one, our_one = theirs(real, url), ours(url)
        first_ours, first_real, again_ours, again_real = [], [], [], []
        for _ in range(ROUNDS):
            empty(url)
            first_real.append(seconds_of(real_one, folder))
            again_real.append(seconds_of(real_one, folder))
            empty(url)
            first_ours.append(seconds_of(our_one, folder))
            again_ours.append(seconds_of(our_one, folder))
        empty(url)
        memory_real = [peak_memory(real_one, folder), peak_memory(real_one, folder)]
        empty(url)
        memory_ours = [peak_memory(our_one, folder), peak_memory(our_one, folder)]
        empty(url)
        floor = median([bare(url) for _ in range(ROUNDS)])
        growth = growing(folder, url)
    note = f"{CHANGESETS:,} changesets, medians of {ROUNDS}, whole commands"
    peak = f"{CHANGESETS:,} changesets, peak resident"
    return [
        Result("no-op deploy", median(again_ours), median(again_real), "s", 1 / 20, note),
        Result("first deploy", median(first_ours), median(first_real), "s", 1 / 3, note),
        Result(
            "first deploy, against the statements alone",
            median(first_ours),
            floor,
            "s",
            1.5,
            "the limit: the same statements and a row each, in a message and a transaction a changeset, from memory",
        ),
        Result("memory of a no-op deploy", memory_ours[1], memory_real[1], "MiB", 1 / 5, peak),
        Result("memory of a first deploy", memory_ours[0], memory_real[0], "MiB", 1 / 5, peak),
        Result(
            "growth from 100 to 10,000 changesets",
            growth[10_000] / growth[100],
            100,
            "times the seconds",
            1.2,
            f"first deploy: {growth[100]:.2f} s, {growth[10_000]:.1f} s; the limit is 100 times",
        ),
    ]


def statements(number: int) -> str:
    """A table with an index."""
    return (
        f"CREATE TABLE bench_{number} (id integer PRIMARY KEY, name varchar(40) NOT NULL);\n"
        f"CREATE INDEX bench_{number}_name ON bench_{number} (name);\n"
    )


def bare(url: str) -> float:
    """Seconds that the server needs for the statements, at its best."""
    empty(url)
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off; CREATE TABLE ran (id text, at timestamptz)")
        began = time.perf_counter()
        for number in range(CHANGESETS):
            cursor.execute(f"BEGIN; {statements(number)} INSERT INTO ran VALUES ('{number}', now()); COMMIT")
        seconds = time.perf_counter() - began
    connection.close()
    return seconds


def write_changelog(path: Path, count: int) -> None:
    """A changelog of tables with an index each."""
    changesets = "".join(
        f"\n--changeset ann:{number}\n{statements(number)}--rollback DROP TABLE bench_{number};\n"
        for number in range(count)
    )
    path.write_text(f"--liquibase formatted sql\n{changesets}")


def growing(folder: Path, url: str) -> dict[int, float]:
    """Seconds of our first deploy, by number of changesets."""
    found = {}
    for count in (100, 10_000):
        write_changelog(folder / "v.sql", count)
        empty(url)
        found[count] = seconds_of(ours(url), folder)
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


@dataclass(frozen=True)
class Command:
    """A command line, and the variables it needs."""

    words: list[str]
    variables: dict[str, str]

    def start(self, folder: Path) -> subprocess.Popen[bytes]:
        """Start it; it says nothing."""
        usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return subprocess.Popen(
            self.words,
            cwd=folder,
            env=usual | self.variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def ours(url: str) -> Command:
    """`dp schema deploy`."""
    return Command([str(DP), "schema", "deploy", "--changelog", "v.sql", "--database", url], {})


def theirs(real: Liquibase, url: str) -> Command:
    """The real one's `update`, as its documentation runs it."""
    password = unquote(urlsplit(url).password or "none")
    return Command(real.command(url, "--changelog-file=v.sql", "update"), {"LIQUIBASE_COMMAND_PASSWORD": password})


def seconds_of(command: Command, folder: Path) -> float:
    """Wall time of a whole command."""
    began = time.perf_counter()
    assert command.start(folder).wait() == 0, command.words
    return time.perf_counter() - began


def peak_memory(command: Command, folder: Path) -> float:
    """MiB at most resident. Read while it runs: what the system tells at its end counts what it was forked from."""
    process, most = command.start(folder), 0
    while process.poll() is None:
        with suppress(OSError, IndexError):
            for pid in (process.pid, *_children(process.pid)):
                status = Path(f"/proc/{pid}/status").read_text()
                most = max(most, int(status.split("VmHWM:")[1].split()[0]))
        time.sleep(0.002)
    assert process.returncode == 0, command.words
    return most / 1024


def _children(pid: int) -> list[str]:
    """What a launcher started."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
