"""The holds of one platform, in its PostgreSQL. Every decision is one of `hold.py` or `line.py`, made while nobody else
can change the holds, at the moment of the database's clock.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from data_platform.gate import exemptions, line, rows, steps
from data_platform.gate.errors import GateError, HoldLostError
from data_platform.gate.hold import Hold, Outcome, Phase, applying, draining_again, ended, granted, left_behind, renewed
from data_platform.gate.reading import one
from data_platform.gate.step_holder import StepHolder
from data_platform.gate.taking import LIFE

RENEW_SECONDS = 10.0  # how often a holder renews


class Holds(StepHolder):
    """Takes, keeps and ends holds.

    A holder acquires, renews every 10 s, waits until `to_applying` succeeds, calls `check` before each step, and
    releases. Each of these raises HoldLostError when the hold is not its own any more.
    """

    def renew(self, number: int, life: timedelta = LIFE) -> Hold:
        """Let a hold's life begin anew; one that has expired is not renewed.

        Raises:
            HoldLostError: it expired or ended.
        """
        return self._become(number, lambda hold, now: renewed(hold, now, life))

    def to_applying(self, numbers: Sequence[int]) -> bool:
        """Begin to change something, if nothing in the scopes is in flight but runs that stand still between two steps
        (`stop_between_steps`). From then on the holds keep runs and those steps waiting until they are released, even
        if their holder dies.

        Returns:
            Whether it has begun. If not, runs are in flight: wait, and try again.

        Raises:
            HoldLostError: one of the holds expired or ended.
        """

        def work(connection: Connection) -> bool:
            now = rows.clock(connection)
            found = [applying(one(connection, number), now) for number in numbers]
            if any(steps.moving(connection, hold) for hold in found):
                return False
            rows.update(connection, found)
            return True

        if not self.change(work):
            return False
        # a launcher may have seen a lease expire just before that was committed; its run is in flight now
        if not any(self.moving(number) for number in numbers):
            return True
        for number in numbers:
            self.to_draining(number)
        return False

    def to_draining(self, number: int) -> Hold:
        """Back from `applying`, where nothing was changed.

        Raises:
            HoldLostError: it expired or ended.
        """
        return self._become(number, lambda hold, now: draining_again(hold, now, LIFE))

    def release(self, number: int) -> Hold:
        """End a hold: runs that waited start. Safe to repeat.

        Raises:
            HoldLostError: there is none of this number.
        """
        [released] = self.release_all([number])
        return released

    def release_all(self, numbers: Sequence[int], *, force: bool = True) -> list[Hold]:
        """End holds, all at once: nobody finds one of them ended and another not. Safe to repeat.

        Args:
            force: also those under which something is being changed, as their holder does when that is done.

        Raises:
            HoldLostError: there is none of one of these numbers; none was ended.
            GateError: something is being changed under one of them; none was ended.
        """

        def work(connection: Connection) -> list[Hold]:
            now = rows.clock(connection)
            found = [one(connection, number) for number in numbers]
            if not force:
                _refuse_applying(found)
            done = [(line.expired([hold], now) or [ended(hold, now, Outcome.RELEASED)])[0] for hold in found]
            rows.update(connection, [after for after, before in zip(done, found, strict=True) if after != before])
            return done

        return self.change(work)

    def leave_behind(self, number: int) -> Hold:
        """Give up in the middle of a change: the hold stays until it is taken over, or released by force.

        Raises:
            HoldLostError: it expired or ended.
        """
        return self._become(number, left_behind)

    def take_over(self, number: int, *, owner: str, reason: str, life: timedelta = LIFE) -> Hold:
        """Replace a hold whose holder died while it changed something by one with a later token, without a gap.

        Raises:
            HoldLostError: it is not in `applying`, or its holder lives.
        """

        def work(connection: Connection) -> Hold:
            old, now = one(connection, number), rows.clock(connection)
            if not old.is_abandoned(now):
                raise HoldLostError(f"{old} is not abandoned", fix="see `dp hold list`", anchor="holds")
            rows.update(connection, [ended(old, now, Outcome.TAKEN_OVER)])
            asked = Hold(
                *(0, str(uuid.uuid4()), old.scope, Phase.WAITING, reason, owner, now, now + life),
                link=old.link,
                deployment=old.deployment,
            )
            new = applying(granted(rows.insert(connection, [asked])[0], now, life), now)
            rows.update(connection, [new])
            steps.follow(connection, old.id, new.id)
            rows.renumber(connection, rows.select(connection, "phase = 'waiting'"))
            return new

        return self.change(work)

    def exempt(self, number: int) -> dict[str, str]:
        """Tags for one run that may start in spite of a hold.

        Raises:
            HoldLostError: it expired or ended.
        """
        self.check(number)
        return self.change(lambda connection: exemptions.issue(connection, number))

    def _become(self, number: int, become: Callable[[Hold, datetime], Hold]) -> Hold:
        def work(connection: Connection) -> Hold:
            hold = one(connection, number)
            changed = become(hold, rows.clock(connection))
            rows.update(connection, [changed] if changed != hold else [])
            return changed

        return self.change(work)


def _refuse_applying(holds: Sequence[Hold]) -> None:
    for hold in holds:
        if hold.phase == Phase.APPLYING:
            raise GateError(
                f"{hold} is applying: {hold.owner} is changing something ({hold.reason})",
                fix="wait for it, or use --force when that has surely stopped",
                anchor="holds",
            )
