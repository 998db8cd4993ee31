from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from data_platform.processes.programs import Program, Stage, next_to_start


def _program(name: str, after: Sequence[str] = ()) -> Program:
    return Program(name, ("true",), Stage.CONTROL, lambda: True, after=tuple(after))


@st.composite
def programs(draw: st.DrawFn) -> list[Program]:
    """Programs that need others, never in a circle."""
    names = draw(st.lists(st.text("abcdef", min_size=1, max_size=3), unique=True, min_size=1, max_size=8))
    return [
        _program(name, draw(st.lists(st.sampled_from(names[:number]), unique=True)) if number else ())
        for number, name in enumerate(names)
    ]


@given(programs(), st.data())
def test_every_program_starts_once_and_after_what_it_needs(programs: list[Program], data: st.DataObject) -> None:
    started: list[str] = []
    ready: set[str] = set()
    failed: set[str] = set()
    while len(ready | failed) < len(programs):
        for program in next_to_start(programs, started=started, ready=ready, failed=failed):
            assert set(program.after) <= ready | failed
            started.append(program.name)
        waiting = [name for name in started if name not in ready | failed]
        assert waiting, "nothing can be started any more"
        settled = data.draw(st.sampled_from(waiting))
        (failed if data.draw(st.booleans()) else ready).add(settled)
    assert sorted(started) == sorted(program.name for program in programs)


def test_programs_that_need_nothing_start_together() -> None:
    chosen = next_to_start([_program("a"), _program("b"), _program("c", ["a"])], started=[], ready=[], failed=[])
    assert [program.name for program in chosen] == ["a", "b"]
