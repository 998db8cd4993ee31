"""Any sequence of what people and deployers do to holds, on the real database."""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from data_platform.gate import FAIRNESS, LIFE, Hold, HoldLostError, Holds, Phase
from data_platform.instance.connections import Database
from tests.gate.rows_of_runs import add_run, let_pass, set_status

LOCATIONS = ("fleet", "meteorology", "operations")


def overlap(one: Hold, other: Hold) -> bool:
    return "*" in (one.scope, other.scope) or str(one.scope) == str(other.scope)


def test_whatever_is_done_to_holds_they_exclude_each_other(holds: Holds, database: Database) -> None:
    class OnThisDatabase(HoldMachine):
        def __init__(self) -> None:
            super().__init__(holds, database)

    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


class HoldMachine(RuleBasedStateMachine):
    """Keeps what must have become of each hold, and compares."""

    requests = Bundle("requests")
    runs = Bundle("runs")

    def __init__(self, holds: Holds, database: Database) -> None:
        super().__init__()
        self.holds, self.database = holds, database
        with database.connect() as connection:
            connection.exec_driver_sql("TRUNCATE platform.hold CASCADE; DELETE FROM run_tags; DELETE FROM runs")
        self.seconds = 0.0
        self.lives: dict[int, float] = {}  # when a hold expires
        self.taken: list[Hold] = []
        self.over: set[int] = set()  # seen to be not live any more, after it was
        self.waited: dict[str, tuple[str, float]] = {}  # runs that a hold left waiting: where, and when it ended
        self.queued: dict[str, str] = {}

    @rule(
        target=requests,
        locations=st.lists(st.sampled_from(LOCATIONS), min_size=1, max_size=2) | st.just(["*"]),
    )
    def ask(self, locations: list[str]) -> str:
        return self.holds.ask(locations, reason="because", owner="someone")[0].request

    @rule(
        target=requests,
        locations=st.lists(st.sampled_from(LOCATIONS), min_size=1, max_size=2) | st.just(["*"]),
    )
    def ask_and_try(self, locations: list[str]) -> str:
        request = self.holds.ask(locations, reason="because", owner="someone")[0].request
        self.advance_one(request)
        return request

    @rule(request=requests)
    def advance(self, request: str) -> None:
        self.advance_one(request)

    def advance_one(self, request: str) -> None:
        before = {hold.id for hold in self.taken}
        try:
            found, obstacle = self.holds.advance(request)
        except HoldLostError:
            return
        if obstacle is not None:
            assert all(hold.phase == Phase.WAITING for hold in found)
            return
        for hold in found:
            if hold.id not in before:
                earlier = [other for other in self.taken if overlap(other, hold)]
                assert all(hold.id > other.id for other in earlier), "fencing tokens increase"
                self._nobody_is_passed_over(hold)
                standing = self.holds.standing().holds
                assert not [other for other in standing if overlap(other, hold) and other.id < hold.id], "it was first"
                self.taken.append(hold)
                self.lives[hold.id] = self.seconds + LIFE.total_seconds()

    def _nobody_is_passed_over(self, hold: Hold) -> None:
        for run, (location, ended_at) in self.waited.items():
            if run in self.queued and hold.scope.covers(location):
                assert self.seconds - ended_at >= FAIRNESS.total_seconds() - 5

    @rule(data=st.data(), life=st.integers(min_value=20, max_value=120))
    def renew(self, data: st.DataObject, life: int) -> None:
        hold = self._some(data)
        if hold is None:
            return
        try:
            self.holds.renew(hold.id, timedelta(seconds=life))
        except HoldLostError:
            return
        assert hold.id not in self.over, "an expired lease is never renewed"
        self.lives[hold.id] = self.seconds + life

    @rule(data=st.data())
    def apply(self, data: st.DataObject) -> None:
        hold = self._some(data)
        if hold is None:
            return
        try:
            begun = self.holds.to_applying([hold.id])
        except HoldLostError:
            return
        assert hold.id not in self.over
        assert begun is not bool(self.holds.in_flight(hold.scope))

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        hold = self._some(data)
        if hold is not None:
            self.holds.release(hold.id)

    @rule(data=st.data())
    def take_over(self, data: st.DataObject) -> None:
        hold = self._some(data)
        if hold is None:
            return
        try:
            new = self.holds.take_over(hold.id, owner="another", reason="it died")
        except HoldLostError:
            return
        assert new.id > max(other.id for other in self.taken)
        self.taken.append(new)
        self.lives[new.id] = self.seconds + LIFE.total_seconds()

    @rule(request=requests)
    def withdraw(self, request: str) -> None:
        self.holds.withdraw(request)

    @rule(seconds=st.sampled_from([1, 15, 30, 61]))
    def time_passes(self, seconds: int) -> None:
        let_pass(self.database, seconds)
        self.seconds += seconds

    @rule(target=runs, location=st.sampled_from(LOCATIONS), status=st.sampled_from(["QUEUED", "STARTED"]))
    def submit(self, location: str, status: str) -> str:
        live = self.holds.live()
        held = any(hold.scope.covers(location) for hold in live.holds)
        run = add_run(self.database, location, "QUEUED" if held else status)
        if held or status == "QUEUED":
            self.queued[run] = location
        return run

    @rule(run=consumes(runs))
    def finish(self, run: str) -> None:
        set_status(self.database, run, "SUCCESS")
        self.queued.pop(run, None)

    @invariant()
    def no_two_live_holds_overlap(self) -> None:
        live = self.holds.live().holds
        for one in live:
            for other in live:
                assert one.id == other.id or not overlap(one, other)
        self._notice_ends({hold.id for hold in live})

    def _notice_ends(self, live: set[int]) -> None:
        for hold in self.taken:
            if hold.id in live:
                assert hold.id not in self.over, "what has ended does not come back"
            elif hold.id not in self.over:
                self.over.add(hold.id)
                ended_at = min(self.seconds, self.lives[hold.id])
                here = {run: where for run, where in self.queued.items() if hold.scope.covers(where)}
                self.waited |= {run: (where, ended_at) for run, where in here.items()}

    def _some(self, data: st.DataObject) -> Hold | None:
        return data.draw(st.sampled_from(self.taken)) if self.taken else None
