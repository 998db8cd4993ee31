"""The real Liquibase, to compare with: the npm package, checked against its hash, run by Java."""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

VERSION = "4.28.1"  # the package; it holds Liquibase 4.28.0, the last that is free software is 4.33
SHA512 = "UZCRA3wWYd57mt/fWkYZCpgOGrPWX/C6UGMd4uDCKxWA46Y6170Xq/YWDzMffNTKB61aMNkHCxvXrx/Ps5XINg=="
CACHE = Path(tempfile.gettempdir()) / f"data-platform-liquibase-{VERSION}-{os.getuid()}"


def missing() -> str | None:
    """What of the needed programs is not installed, or None."""
    absent = [name for name in ("java", "npm") if shutil.which(name) is None]
    return f"{' and '.join(absent)} not installed" if absent else None


@dataclass(frozen=True)
class Liquibase:
    """The real one.

    Args:
        home: the folder of its launcher.
    """

    home: Path

    def command(self, url: str, *arguments: str) -> list[str]:
        """The command line for a database (`postgresql://user:password@host:port/name`), by its launcher."""
        parts = urlsplit(url)
        address = f"jdbc:postgresql://{parts.hostname}:{parts.port}{parts.path}"
        return [
            *("bash", str(self.home / "liquibase")),
            *(f"--url={address}", f"--username={unquote(parts.username or '')}"),
            *("--search-path=.", "--headless=true", "--show-banner=false"),
            *arguments,
        ]

    def run(self, folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it in a folder of changelogs."""
        environment = os.environ | {"LIQUIBASE_COMMAND_PASSWORD": unquote(urlsplit(url).password or "none")}
        return subprocess.run(
            self.command(url, *arguments), cwd=folder, env=environment, capture_output=True, text=True, check=False
        )


def fetched() -> Liquibase:
    """Fetch it once a machine.

    Raises:
        RuntimeError: the package is not the one that is meant.
    """
    home = CACHE / "package" / "dist" / "liquibase"
    if not home.is_dir():
        with tempfile.TemporaryDirectory() as folder:
            command = ["npm", "pack", "--silent", f"liquibase@{VERSION}"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            (archive,) = Path(folder).glob("*.tgz")
            found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
            if found != SHA512:
                raise RuntimeError(f"npm's liquibase@{VERSION} has the hash {found}, not the one that is meant")
            part = CACHE.with_suffix(f".{os.getpid()}")
            with tarfile.open(archive) as tar:
                tar.extractall(part, filter="data")
            try:
                part.rename(CACHE)
            except OSError:  # another process was first
                shutil.rmtree(part)
    return Liquibase(home)
