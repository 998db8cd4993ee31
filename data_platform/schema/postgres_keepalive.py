"""How both sides of a session with PostgreSQL notice within half a minute that the other one is dead."""

from typing import Any

# as libpq takes them
CLIENT: dict[str, Any] = {
    "keepalives_idle": 10,  # s
    "keepalives_interval": 5,  # s
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # ms
}
_SERVER = {
    "client_connection_check_interval": "2000",  # ms; a statement whose client is gone ends (PostgreSQL 14 and later)
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
}
# what this server does not have is left out
SET_ON_SERVER = (
    "SELECT set_config(name, value, false) FROM (VALUES "  # noqa: S608 (constants)
    + ", ".join(f"('{name}', '{value}')" for name, value in _SERVER.items())
    + ") AS wanted (name, value) JOIN pg_catalog.pg_settings USING (name)"
)
