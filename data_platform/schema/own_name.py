"""How this process calls itself in databases, so that others can tell who holds a lock."""

import os

OURS = "dp schema deploy"


def own_name() -> str:
    """How this process calls itself in the database; at most 63 characters, PostgreSQL's limit for such names."""
    return f"{OURS} ({os.uname().nodename[:32]}, {os.getpid()})"
