"""The platform's own tables come from its own engine."""

from concurrent.futures import ThreadPoolExecutor

from data_platform.schema.platform_tables import CHANGELOG, deploy_platform_tables
from tests.schema.replay import connected


def test_the_platforms_tables_are_deployed_once_and_remembered_in_its_own_schema(postgres: str) -> None:
    first = deploy_platform_tables(postgres)
    assert first.ran
    assert not deploy_platform_tables(postgres).ran
    with connected(postgres) as cursor:
        cursor.execute(
            "SELECT table_schema, count(*) FROM information_schema.tables"
            " WHERE table_schema IN ('platform', 'public') GROUP BY 1"
        )
        assert dict(cursor.fetchall()).keys() == {"platform"}
        cursor.execute("SELECT count(*) FROM platform.databasechangelog")
        assert cursor.fetchone() == (len(first.ran),)


def test_processes_that_start_at_once_make_them_once(postgres: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(deploy_platform_tables, [postgres] * 4))
    assert sorted(bool(outcome.ran) for outcome in outcomes) == [False, False, False, True]


def test_every_step_of_them_can_be_taken_back(postgres: str) -> None:
    from data_platform.cli.main import run

    deploy_platform_tables(postgres)
    about = ["--changelog", str(CHANGELOG), "--search-path", str(CHANGELOG), "--database", postgres]
    about += ["--liquibase-schema", "platform"]
    assert run(["schema", "validate", *about]) == 0
    assert run(["schema", "rollback", "--count", "1", *about]) == 0
    assert len(deploy_platform_tables(postgres).ran) == 1
