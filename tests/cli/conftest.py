"""The command `dp` in this process and as a command of the shell."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from data_platform.cli.main import run
from data_platform.environment import Environment
from tests.dbt.projects import write_files
from tests.units.conftest import loaded_from
from tests.units.platforms import REPOSITORY, commit, make_platform


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line that tells an error."""
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.out + self.err
        return self.err.removesuffix("\n")


Dp = Callable[..., Done]


@pytest.fixture
def dp(capfd: pytest.CaptureFixture[str]) -> Dp:
    """Run `dp` in this process."""

    def call(*arguments: str) -> Done:
        capfd.readouterr()
        code = run(list(arguments))
        return Done(code, *capfd.readouterr())

    return call


def shell(root: Path, *arguments: str, **variables: str) -> Done:
    """Run `dp` of the installed library on the platform in `root`, as a person does."""
    own = {
        "PYTHONPATH": f"{root}{os.pathsep}{REPOSITORY}",
        "DATA_PLATFORM_ROOT": str(root),
        "COLUMNS": "200",
        **variables,
    }
    done = subprocess.run(
        [str(Path(sys.executable).parent / "dp"), *arguments],
        cwd=root,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return Done(done.returncode, done.stdout, done.stderr)


DEFINITIONS = "from pathlib import Path\n\nfrom data_platform.units import business_unit\n\n"
DEFINITIONS += "defs = business_unit(Path(__file__).parent)\n"
SHOP = {
    "code_locations/shop/__init__.py": "",
    "code_locations/shop/definitions.py": DEFINITIONS,
    "code_locations/shop/unit.yaml": "name: shop\ntitle: The shop\nowners: [team:shop, shop@example.org]\n",
    "dbt_projects/shop/dbt_project.yml": "name: shop\n",
    "dbt_projects/shop/models/marts/one.sql": "select 1 as id",
    "dbt_projects/shop/models/marts/one.yml": "models: [{name: one, columns: [{name: id, data_tests: [unique]}]}]",
}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A platform with one unit, whose project is prepared once."""
    from data_platform.dbt import prepare
    from data_platform.units.unit import read_unit

    environment = make_platform(tmp_path_factory.mktemp("cli") / "platform")
    write_files(environment.root, SHOP)
    commit(environment.root)
    assert prepare([read_unit(environment.code_locations / "shop", environment).project]) == {}
    return environment


@pytest.fixture
def platform(template: Environment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    """The platform with one unit; what a test changes of it is put back afterwards."""
    for name in [name for name in os.environ if name.startswith(("DATA_PLATFORM_", "SNOWFLAKE_"))]:
        monkeypatch.delenv(name)
    kept = {path: path.read_bytes() for path in _files(template.root)}
    with loaded_from(template.root):
        yield template
    for path in _files(template.root):
        if path not in kept:
            path.unlink()
    for path, content in kept.items():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts]
