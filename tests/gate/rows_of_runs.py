"""Runs as rows of Dagster's tables, where a test needs nothing else of them; and a database clock that can be moved."""

import uuid

from sqlalchemy import text

from data_platform.instance.connections import Database


def add_run(database: Database, location: str, status: str = "QUEUED", *, gate: bool = True) -> str:
    """Put in a run of a code location."""
    run_id = str(uuid.uuid4())
    with database.transaction() as connection:
        connection.execute(
            text("INSERT INTO runs (run_id, pipeline_name, status, run_body) VALUES (:run, 'a_job', :status, '')"),
            {"run": run_id, "status": status},
        )
        tags = {"dagster/code_location": location} | ({"data_platform/gate": location} if gate else {})
        for key, value in tags.items():
            connection.execute(
                text("INSERT INTO run_tags (run_id, key, value) VALUES (:run, :key, :value)"),
                {"run": run_id, "key": key, "value": value},
            )
    return run_id


def set_status(database: Database, run_id: str, status: str) -> None:
    with database.connect() as connection:
        connection.execute(
            text("UPDATE runs SET status = :status WHERE run_id = :run"), {"run": run_id, "status": status}
        )


def let_pass(database: Database, seconds: float) -> None:
    """As if this time had passed: everything that was noted was noted earlier."""
    with database.connect() as connection:
        moved = ", ".join(
            f"{name} = {name} - make_interval(secs => :seconds)"
            for name in ("asked_at", "held_since", "expires_at", "ended_at")
        )
        connection.execute(text(f"UPDATE platform.hold SET {moved}"), {"seconds": seconds})
