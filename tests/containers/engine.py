"""A Docker engine of the tests' own, with its images, networks and volumes in a folder that is removed afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.live import until

# by its full path: another program may be in front of it
DOCKER = "/usr/bin/docker"
_NO_RULES = {
    "filter": "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n",
    "nat": "*nat\n"
    + "".join(f":{chain} ACCEPT [0:0]\n" for chain in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"))
    + "COMMIT\n",
}
_PROGRAMS = ("dockerd", "containerd", "docker-compose", "debootstrap", "iptables")


def missing() -> str:
    """Why there can be no engine; empty when there can."""
    if os.geteuid() != 0:
        return "only root can start a Docker engine"
    search = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    absent = [program for program in _PROGRAMS if shutil.which(program, path=search) is None]
    absent += [DOCKER] if not Path(DOCKER).exists() else []
    packages = "docker.io docker-compose debootstrap iptables"
    return f"missing: {', '.join(absent)} (on Debian: apt-get install {packages})" if absent else ""


@dataclass(frozen=True)
class Engine:
    """A running engine."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        return {"DOCKER_HOST": f"unix://{self.folder}/docker.sock", "DOCKER_BUILDKIT": "1"}

    def docker(self, *arguments: str, seconds: float = 900) -> str:
        """Run a docker command; what it printed."""
        done = subprocess.run(
            [DOCKER, *arguments],
            env=os.environ | self.variables,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stdout[-3000:], done.stderr[-6000:])
        return done.stdout

    def import_image(self, root: Path, name: str) -> None:
        """Make an image of a folder."""
        command = [DOCKER, "import", "--change", "ENV LANG=C.UTF-8", "-", name]
        with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as packed:
            subprocess.run(
                command, env=os.environ | self.variables, stdin=packed.stdout, capture_output=True, check=True
            )

    def build(self, folder: Path, name: str) -> None:
        """Build an image; on the machine's network, since this engine has no default bridge."""
        self.docker("build", "--quiet", "--network", "host", "--tag", name, str(folder))

    def build_checkout(self, checkout: Path, name: str, secrets: Mapping[str, Path]) -> None:
        """Build an image as the pipeline does."""
        given = [part for key, path in secrets.items() for part in ("--secret", f"id={key},src={path}")]
        search = f"{Path(DOCKER).parent}:{os.environ.get('PATH', '')}"
        done = subprocess.run(
            ["ci/build-image.sh", name, "--quiet", "--network", "host", *given],
            cwd=checkout,
            env=os.environ | self.variables | {"PATH": search},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-6000:])


@contextmanager
def engine() -> Iterator[Engine]:
    """An engine that lives as long as the tests; another one on the machine is left alone."""
    with _network_as_it_was(), _engine() as started:
        yield started


@contextmanager
def _network_as_it_was() -> Iterator[None]:
    """An engine leaves its rules behind, by which the machine forwards nothing any more."""
    forwarding = Path("/proc/sys/net/ipv4/ip_forward")
    rules, forwards = _run_firewall("iptables-save"), forwarding.read_text()
    try:
        yield
    finally:
        if "DOCKER" not in rules:  # else they are of another engine, which goes on
            absent = [empty for table, empty in _NO_RULES.items() if f"*{table}\n" not in rules]
            _run_firewall("iptables-restore", "".join([rules, *absent]))
            forwarding.write_text(forwards)


def _run_firewall(program: str, text: str = "") -> str:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    done = subprocess.run(
        [program], env=os.environ | {"PATH": path}, input=text, capture_output=True, text=True, check=True
    )
    return done.stdout


@contextmanager
def _engine() -> Iterator[Engine]:
    # not tmp_path: a socket's path must be short
    folder = Path(tempfile.mkdtemp(prefix="dp-docker-"))
    places = [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid"]
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            ["dockerd", *places, "--bridge=none", f"--host=unix://{folder}/docker.sock"],
            env=os.environ | {"PATH": path},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        started = Engine(folder)
        until(lambda: process.poll() is not None or (folder / "docker.sock").exists())
        assert process.poll() is None, (folder / "log").read_text()[-3000:]
        until(lambda: _answers(started))
        yield started
    finally:
        process.terminate()
        process.wait(120)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(engine: Engine) -> bool:
    command = [DOCKER, "version"]
    return subprocess.run(command, env=os.environ | engine.variables, capture_output=True, check=False).returncode == 0
