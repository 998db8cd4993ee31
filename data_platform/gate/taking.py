"""Taking holds: first come, first served, all those of one request at once."""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy.engine import Connection

from data_platform.gate import line, rows, runs
from data_platform.gate.errors import HoldLostError, ScopeBusyError
from data_platform.gate.hold import Hold, Outcome, Phase, ended, granted, renewed
from data_platform.gate.line import Obstacle
from data_platform.gate.reading import HoldReader

LIFE = timedelta(seconds=60)  # of a holder that renews
_POLL_SECONDS = 0.25


class HoldTaker(HoldReader):
    """Takes holds."""

    def acquire(
        self,
        locations: Sequence[str],
        *,
        reason: str,
        owner: str,
        link: str | None = None,
        deployment: str | None = None,
        life: timedelta = LIFE,
        patience: float = 0.0,
        waits: Callable[[Obstacle], None] = lambda _: None,
    ) -> tuple[Hold, ...]:
        """Take holds, one for each location, in their turn.

        Args:
            locations: what is to be held: code locations, or `*`.
            reason: shown on every run that waits.
            owner: who holds it, for people.
            link: where they can read more.
            deployment: the deployment it is for.
            life: until they must be renewed.
            patience: seconds to wait for their turn.
            waits: called with what stands before them, each time that is looked at.

        Raises:
            ScopeBusyError: it was not their turn within the patience.
        """
        asked = self.ask(locations, reason=reason, owner=owner, link=link, deployment=deployment)
        deadline = time.monotonic() + patience
        try:
            while True:
                found, before = self.advance(asked[0].request, LIFE, life)
                if before is None:
                    return found
                if time.monotonic() >= deadline:
                    raise _busy(before)
                waits(before)
                time.sleep(_POLL_SECONDS)
        except BaseException:  # also an interrupt: a place in line must not be left behind
            self.withdraw(asked[0].request)
            raise

    def ask(
        self,
        locations: Sequence[str],
        *,
        reason: str,
        owner: str,
        link: str | None = None,
        deployment: str | None = None,
        life: timedelta = LIFE,
    ) -> tuple[Hold, ...]:
        """Get in line; `advance` takes them in their turn.

        Args:
            locations, reason, owner, link, deployment: as for `acquire`.
            life: until the place in line is lost, unless it is kept by `advance`.
        """
        request = str(uuid.uuid4())

        def work(connection: Connection) -> tuple[Hold, ...]:
            if known := rows.select(connection, "request = :request", request=request):
                return tuple(known)  # the connection was lost after the commit
            now = rows.clock(connection)
            new = [
                Hold(0, request, scope, Phase.WAITING, reason, owner, now, now + life, link=link, deployment=deployment)
                for scope in line.scopes_of(locations)
            ]
            return tuple(rows.insert(connection, new))

        return self.change(work)

    def advance(
        self, request: str, waiting_life: timedelta = LIFE, life: timedelta = LIFE
    ) -> tuple[tuple[Hold, ...], Obstacle | None]:
        """Keep the place of a request in line, and take its holds if it is their turn.

        Args:
            request: of the holds that `ask` returned.
            waiting_life: until the place is lost, if it is not their turn.
            life: of the holds, once they are taken.

        Returns:
            The holds, and what stands before them; None when they are taken.

        Raises:
            HoldLostError: the place was lost: it was not kept in time, or withdrawn.
        """

        def work(connection: Connection) -> tuple[tuple[Hold, ...], Obstacle | None]:
            now = rows.clock(connection)
            rows.update(connection, line.expired(rows.select(connection, rows.NOT_ENDED), now))
            asked = tuple(rows.select(connection, "request = :request", request=request))
            if not asked:
                raise HoldLostError("nobody asked for this hold", fix="take a new one", anchor="holds")
            if all(hold.is_live(now) for hold in asked):
                return asked, None
            others = rows.select(connection, rows.NOT_ENDED)
            before = line.obstacle(asked, others, runs.left_waiting(connection), now)
            found = tuple(renewed(hold, now, waiting_life) if before else granted(hold, now, life) for hold in asked)
            rows.update(connection, found)
            return found, before

        return self.change(work)

    def withdraw(self, request: str) -> None:
        """Leave the line, or give back what was taken meanwhile. Safe to repeat."""

        def work(connection: Connection) -> None:
            now = rows.clock(connection)
            left = rows.select(connection, f"request = :request AND {rows.NOT_ENDED}", request=request)
            rows.update(connection, [ended(hold, now, Outcome.WITHDRAWN) for hold in left])

        self.change(work)


def _busy(before: Obstacle) -> ScopeBusyError:
    fix = "wait for it with --wait 10m, or see `dp hold list`"
    if before.hold is None:
        left = "a run that waited" if before.waiting_runs == 1 else f"{before.waiting_runs} runs that waited"
        return ScopeBusyError(f"{left} for the hold before this one must start first", fix=fix, anchor="holds")
    held = before.hold
    verb = "was asked for earlier by" if held.phase == Phase.WAITING else "is held by"
    return ScopeBusyError(
        f"{held.scope.shown} {verb} {held.owner} ({held.reason}): hold {held.id}", fix=fix, anchor="holds"
    )
