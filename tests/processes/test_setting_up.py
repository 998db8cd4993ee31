"""`make setup` and `make test-tools` where something is missing: one line that says what to do."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
NO_INDEX = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
    "PIP_INDEX_URL": "http://127.0.0.1:1/simple",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without its environment."""
    folder = tmp_path / "platform"
    shutil.copytree(REPOSITORY / "ci", folder / "ci")
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(REPOSITORY / name, folder / name)
    return folder


def _program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def _run(checkout: Path, *command: str, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        [checkout / "ci" / command[0], *command[1:]],
        env={**os.environ, "PYTHON": sys.executable, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _assert_one_line(result: tuple[int, str], *parts: str) -> None:
    code, text = result
    assert code == 1
    assert text.count("\n") == 1, text
    for part in (*parts, " -> "):
        assert part in text


def test_without_a_network_it_says_what_could_not_be_had(checkout: Path) -> None:
    _assert_one_line(_run(checkout, "setup.sh", "runtime", **NO_INDEX), "package index", "check the network")


def test_an_environment_that_was_half_made_is_made_anew(checkout: Path) -> None:
    _program(checkout / ".venv", "left-over", "")
    _program(checkout / ".venv" / "bin", "uv", "exit 1")
    _assert_one_line(_run(checkout, "setup.sh", "runtime", **NO_INDEX), "package index")
    assert not (checkout / ".venv" / "left-over").exists()


@pytest.mark.parametrize("version", ["2.7.18", "3.9.18", "3.10.13", "3.14.0"])
def test_a_python_that_is_not_supported_is_named(checkout: Path, tmp_path: Path, version: str) -> None:
    python = _program(tmp_path, "python-of-the-test", f"echo {version}")
    result = _run(checkout, "setup.sh", "runtime", PYTHON=str(python))
    _assert_one_line(result, f"{python} is Python {version}", "use Python 3.11, 3.12 or 3.13")
    assert not (checkout / ".venv").exists()


def test_a_python_that_does_not_run_is_named(checkout: Path, tmp_path: Path) -> None:
    python = _program(tmp_path, "python-of-the-test", "echo many; echo lines; exit 127")
    _assert_one_line(_run(checkout, "setup.sh", "dev", PYTHON=str(python)), f"{python} does not run")


def test_a_python_without_venv_says_which_package_has_it(checkout: Path, tmp_path: Path) -> None:
    python = _program(
        tmp_path,
        "python-of-the-test",
        '[ "$1" = -c ] && echo 3.11.9 || { echo two; echo ensurepip is not available; exit 1; }',
    )
    result = _run(checkout, "setup.sh", "runtime", PYTHON=str(python))
    _assert_one_line(result, "ensurepip is not available", "apt-get install python3-venv")


def test_a_folder_that_cannot_be_written_is_named(checkout: Path) -> None:
    (checkout / "var").write_text("")  # root may write everywhere, but not below a file
    _assert_one_line(_run(checkout, "setup.sh", "runtime"), f"the folder {checkout} cannot be written")


def test_an_interrupt_is_one_line(checkout: Path, tmp_path: Path) -> None:
    python = _program(tmp_path, "python-of-the-test", '[ "$1" = -c ] && echo 3.11.9 || sleep 30')
    process = subprocess.Popen(
        [checkout / "ci" / "setup.sh", "runtime"],
        env={**os.environ, "PYTHON": str(python)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=20)[1] == "setup: interrupted -> run make again; it goes on from there\n"
    assert process.returncode == 130


def test_a_wrong_kind_is_refused(checkout: Path) -> None:
    code, text = _run(checkout, "setup.sh", "everything")
    assert (code, text) == (2, "setup: 'everything' is neither 'runtime' nor 'dev'\n")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs without git, a browser or apt."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "dirname", "grep", "id", "mktemp", "rm", "tail", "xargs", "touch", "echo", "chmod"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_missing_tools_are_named_and_fail_only_on_ci(checkout: Path, bare: Path, ci: str, code: int) -> None:
    found, text = _run(checkout, "test-tools.sh", PATH=str(bare), CI=ci)
    assert found == code
    assert text.count("\n") == 1
    assert "missing: git chromium" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_package_lists_are_read_when_a_package_is_not_found(checkout: Path, bare: Path) -> None:
    lists = bare / "lists"
    _program(
        bare,
        "apt-get",
        f"""case "$*" in
            *update*) touch {lists} ;;
            *install*) [ -e {lists} ] || exit 100
                for name in git chromium; do touch {bare}/$name; chmod +x {bare}/$name; done ;;
        esac""",
    )
    assert _run(checkout, "test-tools.sh", PATH=str(bare), CI="true") == (0, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_packages_that_cannot_be_had_are_named_with_the_reason(checkout: Path, bare: Path) -> None:
    _program(bare, "apt-get", "echo Reading; echo 'E: Unable to fetch some archives' >&2; exit 100")
    result = _run(checkout, "test-tools.sh", PATH=str(bare), CI="true")
    _assert_one_line(result, "git chromium fonts-liberation cannot be installed (E: Unable to fetch some archives)")
