"""A real PostgreSQL database to align, whose roles bear names of the test's own."""

import uuid
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.errors

from data_platform.schema.align import AlignPlan, Files, apply_alignment, plan_alignment

DOCUMENT = "desired.yaml"


class Cluster:
    """A database and a folder with desired state. `@` in texts stands for the test's own prefix.

    Args:
        url: of an empty database.
        folder: an empty folder.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.prefix = f"t{uuid.uuid4().hex[:8]}_"

    @property
    def files(self) -> Files:
        return Files([self.folder], {"environment": "dev", "region": None})

    def name(self, text: str) -> str:
        return text.replace("@", self.prefix)

    def write(self, text: str, name: str = DOCUMENT) -> Path:
        path = self.folder / name
        path.write_text(self.name(text), encoding="utf-8")
        return path

    def plan(self, text: str | None = None) -> AlignPlan:
        if text is not None:
            self.write(text)
        return plan_alignment(self.url, self.files)

    def apply(self, text: str | None = None, *allow: str, url: str | None = None) -> AlignPlan:
        if text is not None:
            self.write(text)
        return apply_alignment(url or self.url, self.files, allow=allow)

    def settle(self, text: str, *allow: str) -> AlignPlan:
        """Apply; and there is nothing left to do."""
        applied = self.apply(text, *allow)
        assert steps(self.plan()) == []
        return applied

    def run(self, *statements: str, role: str | None = None) -> list[tuple[Any, ...]]:
        """Run statements by hand, each committed; the last one's rows."""
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                if role:
                    cursor.execute(f'SET ROLE "{self.name(role)}"')
                for statement in statements:
                    cursor.execute(self.name(statement))
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def value(self, statement: str, *, role: str | None = None) -> Any:
        return self.run(statement, role=role)[0][0]

    def refuses(self, role: str, statement: str) -> bool:
        """Whether a role may not do something."""
        try:
            self.run(statement, role=role)
        except psycopg2.errors.InsufficientPrivilege:
            return True
        return False

    def has_role(self, name: str) -> bool:
        return bool(self.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"))

    def clean(self) -> None:
        """Drop the test's databases and roles."""
        mine = f"LIKE '{self.prefix.replace('_', chr(92) + '_')}%'"
        for (database,) in self.run(f"SELECT datname FROM pg_database WHERE datname {mine}"):
            self.run(f'DROP DATABASE "{database}" WITH (FORCE)')
        roles = [role for (role,) in self.run(f"SELECT rolname FROM pg_roles WHERE rolname {mine}")]
        quoted = ['"' + role.replace('"', '""') + '"' for role in roles]
        for role in quoted:
            self.run(f"DROP OWNED BY {role} CASCADE")
        for role in quoted:
            self.run(f"DROP ROLE {role}")


def steps(plan: AlignPlan) -> list[str]:
    """The steps in short, as in `create role anna`."""
    return [f"{step.kind} {step.object}" for step in plan.steps]
