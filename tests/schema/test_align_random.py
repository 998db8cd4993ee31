"""Random documents one after the other on a real PostgreSQL: each is applied whole or refused whole, and then is so."""

from contextlib import suppress
from typing import Any

import psycopg2
import yaml
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from data_platform.errors import UsageError
from data_platform.schema.align import AlignError
from tests.schema.align_documents import ROLES, SCHEMAS, documents
from tests.schema.aligning import Cluster, steps

STATE = """
SELECT coalesce(string_agg(x, ',' ORDER BY x), '') FROM (
  SELECT 'role ' || rolname || rolcanlogin || rolinherit || rolcreatedb FROM pg_roles
  UNION ALL SELECT 'schema ' || nspname || nspowner || coalesce(nspacl::text, '') FROM pg_namespace
    WHERE nspname !~ '^pg_(toast_)?temp'
  UNION ALL SELECT 'view ' || relname || relnamespace || relowner || coalesce(relacl::text, '') || pg_get_viewdef(oid)
    FROM pg_class WHERE relkind = 'v' AND relnamespace <> 'pg_catalog'::regnamespace
  UNION ALL SELECT 'member ' || roleid || member || grantor || admin_option || inherit_option FROM pg_auth_members
  UNION ALL SELECT 'default ' || defaclrole || defaclnamespace || defaclacl::text FROM pg_default_acl
) AS all_of_it (x)"""

BY_HAND = st.builds(
    str.format,
    st.sampled_from(
        [
            "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA {0} TO {1}",
            "GRANT SELECT ON ALL TABLES IN SCHEMA {0} TO {1} WITH GRANT OPTION",
            "SET ROLE {2}; GRANT SELECT ON ALL TABLES IN SCHEMA {0} TO {1}",
            "REVOKE ALL ON ALL TABLES IN SCHEMA {0} FROM {1}",
            "GRANT ALL ON SCHEMA {0} TO {1}, {2}",
            "REVOKE USAGE ON SCHEMA {0} FROM PUBLIC, {1}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {1} IN SCHEMA {0} GRANT ALL ON TABLES TO {2}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {1} GRANT SELECT ON TABLES TO {2}",
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {2}",
            "GRANT {1} TO {2} WITH ADMIN OPTION",
            "REVOKE {1} FROM {2}",
            "ALTER ROLE {1} LOGIN CREATEDB NOINHERIT",
            "ALTER SCHEMA {0} OWNER TO {1}",
            "CREATE TABLE {0}.t1 AS SELECT 1 AS a",
            "CREATE TABLE {0}.t2 (a int); ALTER TABLE {0}.t2 OWNER TO {1}",
            "DROP VIEW {0}.v1 CASCADE",
            "ALTER VIEW {0}.v2 RENAME TO v3",
            "CREATE OR REPLACE VIEW {0}.v1 AS SELECT 1 AS a, 2 AS b, 3 AS c",
            "CREATE VIEW {0}.theirs AS SELECT * FROM {0}.v2",
            "DROP SCHEMA {0} CASCADE",
            "CREATE SCHEMA {0}",
            "CREATE ROLE {1}",
        ]
    ),
    st.sampled_from(SCHEMAS),
    st.sampled_from([f'"@{role}"' for role in ROLES]),
    st.sampled_from([f'"@{role}"' for role in ROLES]),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(data=st.data())
def test_whatever_the_files_say_is_so_after_one_alignment(cluster: Cluster, data: st.DataObject):
    cluster.clean()
    cluster.run("ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC")
    for schema in [*SCHEMAS, "platform"]:
        cluster.run(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    for _ in range(4):
        for statement in data.draw(st.lists(BY_HAND, max_size=4)):
            with suppress(psycopg2.Error):
                cluster.run(statement)
        document: dict[str, Any] = data.draw(documents("@", adopt=True))
        before = cluster.value(STATE)
        try:
            cluster.apply(yaml.safe_dump(document), "drop", "revoke")
        except (UsageError, AlignError) as error:
            event(f"refused: {type(error).__name__}")
            assert cluster.value(STATE) == before
            continue
        event("applied")
        after = cluster.value(STATE)
        assert steps(cluster.plan()) == []
        assert cluster.value(STATE) == after
