"""How changelog files are named in the history, whatever machine they were read on."""

import posixpath
from functools import lru_cache


@lru_cache(maxsize=1024)  # a thousand rows of a history name a few files
def normalized(path: str) -> str:
    """A changelog's path as Liquibase records it: relative, forward slashes, no `classpath:`, no `./` or `x/..`."""
    plain = path.replace("\\", "/")
    if plain.lower().startswith("classpath:"):
        plain = plain[len("classpath:") :]
    return posixpath.normpath(plain.lstrip("/")) if plain else plain
