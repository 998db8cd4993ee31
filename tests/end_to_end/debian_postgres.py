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

from data_platform.instance.cluster import program
from tests.end_to_end.live import free_port, until

PASSWORD = "p@ss: w/rd%"


@contextmanager
def server() -> Iterator[str]:
    """A server on 127.0.0.1 with a password, as somebody else runs one; its address."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    folder.chmod(0o755)
    data, password_file, port = folder / "data", folder / "password", free_port()
    data.mkdir()
    password_file.write_text(PASSWORD)
    # PostgreSQL refuses to run as root
    user = "postgres" if os.geteuid() == 0 and _is_debian() else "nobody" if os.geteuid() == 0 else None
    if user:
        for path in (data, password_file):
            shutil.chown(path, user)
    subprocess.run(
        [
            _program("initdb"),
            "-D",
            data,
            "-U",
            "somebody",
            "--pwfile",
            password_file,
            "-A",
            "scram-sha-256",
            "--no-sync",
        ],
        cwd=folder,
        user=user,
        check=True,
        capture_output=True,
    )
    process = subprocess.Popen(
        [_program("postgres"), "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", ""],
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
        shutil.rmtree(folder)


def _is_debian() -> bool:
    return bool(_debian())


def _debian() -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def _program(name: str) -> Path:
    return _debian()[-1] / name if _is_debian() else program(name)


def _answers(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return False
    return True
