"""The images of the tests: what comes from a registry otherwise is made of Debian's packages, under the same names."""

import os
import ssl
import subprocess
from pathlib import Path

from tests.containers.engine import Engine
from tests.deployments.speaking import CODE

_LATE = """

@dg.op
def wait() -> None:
    while not os.path.exists("/var/lib/data-platform/late"):
        time.sleep(0.1)


@dg.job(executor_def=dg.in_process_executor)
def speaking_late() -> None:
    wait()
"""
BASE, POSTGRES = "python:3.11-slim-bookworm", "postgres:15-bookworm"


def make_bases(engine: Engine, folder: Path) -> None:
    """The images that Dockerfile and compose.yaml name."""
    root = folder / "debian"
    wanted = "--include=ca-certificates,python3,python3-venv"
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", wanted, "bookworm", str(root)],
        env=os.environ | {"PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    engine.import_image(root, BASE)
    engine.build(Path(__file__).parent / "postgres", POSTGRES)


def build_platform(engine: Engine, checkout: Path, word: str, folder: Path) -> str:
    """An image of a checkout whose unit fleet says a word; returns its name."""
    code = CODE.replace('WORD = "old"', f"WORD = {word!r}") + _LATE
    (checkout / "code_locations/fleet/defs/speaking.py").write_text(code)
    name = f"data-platform:{word}"
    engine.build_checkout(checkout, name, _secrets(folder))
    return name


def _secrets(folder: Path) -> dict[str, Path]:
    """How this machine reaches a package index, for the time of a build."""
    configuration = folder / "pip.conf"
    settings = {f"PIP_{name}": name.lower().replace("_", "-") for name in ("INDEX_URL", "EXTRA_INDEX_URL")}
    lines = [f"{key} = {os.environ[variable]}\n" for variable, key in settings.items() if os.environ.get(variable)]
    secrets = {"pip": configuration}
    certificates = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    if certificates and Path(certificates).exists():
        secrets["certificates"] = Path(certificates)
        lines.append("cert = /run/secrets/certificates\n")
    configuration.write_text("".join(["[global]\n", *lines]))
    return secrets
