"""What a generated changelog is made of, and in which order."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data_platform.schema.catalogue.objects import Key

# what comes first where nothing says otherwise
RANKS = (
    "schemas",
    "extensions",
    "types",
    "sequences",
    "tables",
    "functions",
    "indexes",
    "foreign_keys",
    "views",
    "triggers",
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One object as it becomes a changeset.

    Args:
        group: one of `RANKS`: the file it is written in.
        schema: empty for what is in none.
        name: for the changeset's id, e.g. `table-app.crew`.
        statements: that make it, without `;`.
        undo: statements that undo it.
        key: as others name it in their `needs`.
        needs: what must be there before.
        whole: whether the statements are sent in one message, because one of them holds a `;`.
    """

    group: str
    schema: str
    name: str
    statements: tuple[str, ...]
    undo: tuple[str, ...]
    key: Key | None = None
    needs: frozenset[Key] = frozenset()
    whole: bool = False


def in_order(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces so that each comes after what it needs, else by group, schema and name.

    Where objects need each other in a circle, they come as if they did not: the database will say what is wrong.
    """
    by_key = {piece.key: at for at, piece in enumerate(pieces) if piece.key is not None}
    waits: dict[int, set[int]] = {}
    waited_for: dict[int, list[int]] = defaultdict(list)
    for at, piece in enumerate(pieces):
        waits[at] = {by_key[key] for key in piece.needs if key in by_key} - {at}
        for other in waits[at]:
            waited_for[other].append(at)
    ready = [(_rank(pieces[at]), at) for at, others in waits.items() if not others]
    heapq.heapify(ready)
    ordered: list[Piece] = []
    done: set[int] = set()
    while len(ordered) < len(pieces):
        if not ready:
            stuck = min((at for at in waits if at not in done), key=lambda at: _rank(pieces[at]))
            waits[stuck].clear()
            heapq.heappush(ready, (_rank(pieces[stuck]), stuck))
        _, at = heapq.heappop(ready)
        done.add(at)
        ordered.append(pieces[at])
        for other in waited_for[at]:
            if at in waits[other]:
                waits[other].discard(at)
                if not waits[other] and other not in done:
                    heapq.heappush(ready, (_rank(pieces[other]), other))
    return ordered


def comments(objects: Iterable[tuple[str, str | None]]) -> tuple[str, ...]:
    """COMMENT ON for each object (`TABLE app.crew`) that has a comment."""
    from data_platform.schema.generate.identifiers import literal

    return tuple(f"COMMENT ON {what} IS {literal(text)}" for what, text in objects if text is not None)


def _rank(piece: Piece) -> tuple[int, str, str]:
    return RANKS.index(piece.group), piece.schema, piece.name
