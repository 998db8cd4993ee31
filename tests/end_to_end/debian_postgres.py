"""A PostgreSQL server that the platform did not start: Debian's, or the wheel's where that is not installed."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg2

from data_platform.instance.embedded import EmbeddedPostgres
from tests.end_to_end.live import free_port, until

PASSWORD = "p@ss: w/rd%"


@contextmanager
def server() -> Iterator[str]:
    """A running server, and its address."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if programs:
            with _debian_server(programs[-1], folder) as url:
                yield url
        else:
            # a path too long for a socket makes it listen on 127.0.0.1 with a password, too
            embedded = EmbeddedPostgres(folder / ("long" * 30))
            with embedded.running():
                yield embedded.url
    finally:
        shutil.rmtree(folder)


@contextmanager
def _debian_server(programs: Path, folder: Path) -> Iterator[str]:
    """Debian's, on 127.0.0.1 with a password, as somebody else runs one."""
    folder.chmod(0o755)
    data, password_file, port = folder / "data", folder / "password", free_port()
    data.mkdir()
    password_file.write_text(PASSWORD)
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    if user:
        for path in (data, password_file):
            shutil.chown(path, user)
    access = ("-U", "somebody", "--pwfile", password_file, "-A", "scram-sha-256")
    create: list[str | Path] = [programs / "initdb", "-D", data, *access, "--no-sync"]
    subprocess.run(create, cwd=folder, user=user, check=True, capture_output=True)
    process = subprocess.Popen(
        [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", ""],
        cwd=folder,
        user=user,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"postgresql://somebody:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
    try:
        until(lambda: _answers(url))
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # ends sessions, too
        process.wait(60)


def _answers(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return False
    return True
