"""A database of one's own, and a platform in the foreground."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest

from tests.end_to_end.conftest import own_state
from tests.end_to_end.debian_postgres import server
from tests.end_to_end.live import Live, free_port, until


@pytest.mark.slow
def test_the_platform_keeps_its_state_in_the_database_it_is_given_and_ctrl_c_leaves_no_process() -> None:
    with server() as url, own_state() as state:
        live = Live(state, free_port(), variables={"DATA_PLATFORM_POSTGRES_URL": url})
        command = subprocess.Popen(
            [sys.executable, Path(sys.executable).with_name("dp"), "up", "--no-build", "--port", str(live.port)],
            cwd=live.root,
            env=live.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # as in a terminal: a process group of its own
        )
        until(live.healthy, pause=0.5)
        assert not (state / "postgres").exists(), "no other database was made"
        assert "database" not in {item["name"] for item in live.status()["processes"]}
        assert not [process for process in live.processes() if process.name() == "postgres"]
        second = live.attempt("up", "--detach", "--no-build")
        assert f"the platform is running already: {live.address}" in second.stdout
        run = live.launch("fleet")
        assert live.ended(run)["status"] == "SUCCESS"
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("select status from runs where run_id = %s", [run])
            assert cursor.fetchall() == [("SUCCESS",)]

        ours = live.processes()
        assert len(ours) > 8
        os.killpg(command.pid, signal.SIGINT)
        output, _ = command.communicate(timeout=120)
        assert command.returncode == 0, output
        assert "Traceback" not in output
        assert not [process for process in ours if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
        assert not live.processes()
