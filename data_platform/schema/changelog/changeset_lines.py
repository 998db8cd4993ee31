"""The lines of a changeset in formatted SQL: what each adds to its draft."""

from data_platform.schema.changelog import directives
from data_platform.schema.changelog.draft import Draft
from data_platform.schema.checksum import CONTROLS


def take_sql(draft: Draft, number: int, line: str) -> None:
    """Take in a line of SQL, or one that is nothing else."""
    if not draft.sql_line and line.strip(CONTROLS):
        draft.sql_line = number
    draft.sql.append(line)
    draft.sql_lines.append(number)
    if draft.old_sql is not None:
        draft.old_sql.append(line)


def take_directive(draft: Draft, number: int, line: str) -> bool:
    """Take in a directive that is one line; False when it is none."""
    if found := directives.ROLLBACK.fullmatch(line):
        draft.rollback_line = draft.rollback_line or number
        draft.rollback.append(found["text"])
    elif found := directives.COMMENT.fullmatch(line):
        draft.comment = found["text"]
    elif found := directives.VALID_CHECKSUM.fullmatch(line):
        draft.valid_checksums += found["sum"].split()[:1]
    elif found := directives.PRECONDITIONS.fullmatch(line):
        draft.preconditions = (number, found["rest"])
    elif found := directives.PRECONDITION.fullmatch(line):
        draft.checks.append((number, found["kind"], found["rest"]))
    else:
        return False
    return True


def take_rollback(draft: Draft, number: int, lines: list[str], text: str) -> None:
    """Take in a rollback in a block comment.

    Args:
        number: the 1-based line of the file where the comment begins.
        lines: the comment's, from `/* liquibase rollback` to the one that closes it.
        text: what it says.
    """
    draft.rollback_line = draft.rollback_line or number + 1
    # to Liquibase before 4.5 all of it was SQL
    draft.old_sql = [*(draft.sql if draft.old_sql is None else draft.old_sql), *lines]
    draft.rollback.append(text.strip(CONTROLS))
