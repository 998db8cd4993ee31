"""Changes as Snowflake's SQL. Compared with recorded texts; not verified against an account."""

from collections.abc import Sequence

from data_platform.schema.align.changes import (
    AddMember,
    Alter,
    Change,
    Create,
    Drop,
    Grant,
    Redefine,
    RemoveMember,
    Rename,
    Revoke,
)
from data_platform.schema.align.desired import Properties, Value
from data_platform.schema.align.names import Future, Kind, Name, Securable, Target
from data_platform.schema.names import quoted

_WAREHOUSE = {
    "size": "WAREHOUSE_SIZE",
    "auto_suspend": "AUTO_SUSPEND",
    "auto_resume": "AUTO_RESUME",
    "min_clusters": "MIN_CLUSTER_COUNT",
    "max_clusters": "MAX_CLUSTER_COUNT",
}


def statements(change: Change) -> Sequence[str]:
    """The statements of a change, none for what is only recorded."""
    if isinstance(change, Grant | Revoke):
        return [_privileges(change)]
    if isinstance(change, AddMember | RemoveMember):
        return [_membership(change)]
    return _of_object(change)


def literal(value: Value) -> str:
    """A value as a literal; Snowflake reads backslashes in texts."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def _of_object(change: Change) -> Sequence[str]:
    match change:
        case Create():
            return _create(change)
        case Redefine(view, properties, source):
            secure = "SECURE " if properties.get("secure") else ""
            return [f"CREATE OR REPLACE {secure}VIEW {_name(view.name)} COPY GRANTS{_comment(properties)} AS\n{source}"]
        case Alter(target, key, value):
            return [_alter(target, key, value)]
        case Rename(target, name):
            return [f"ALTER {_word(target.kind)} {_name(target.name)} RENAME TO {_name(name)}"]
        case Drop(target):
            return [f"DROP {_word(target.kind)} {_name(target.name)}"]
    return []


def _create(change: Create) -> Sequence[str]:
    target, given = change.target, change.properties
    name = f"{_word(target.kind)} {_name(target.name)}"
    owner = [_alter(target, "owner", given["owner"])] if given.get("owner") else []
    if target.kind is Kind.VIEW:
        secure = "SECURE " if given.get("secure") else ""
        return [f"CREATE {secure}{name}{_comment(given)} AS\n{change.source}", *owner]
    options = [f"{word} = {literal(given[key])}" for key, word in _WAREHOUSE.items() if key in given]
    if target.kind is Kind.WAREHOUSE:
        options.append("INITIALLY_SUSPENDED = TRUE")  # a new warehouse costs nothing before it is used
    return [f"CREATE {name}{''.join(f' {option}' for option in options)}{_comment(given)}", *owner]


def _alter(target: Target, key: str, value: Value) -> str:
    name = f"{_word(target.kind)} {_name(target.name)}"
    if key == "comment":
        return f"COMMENT ON {name} IS {literal(value)}"
    if key == "owner":
        return f"GRANT OWNERSHIP ON {name} TO ROLE {_name((str(value),))} COPY CURRENT GRANTS"
    if key == "secure":
        return f"ALTER {name} {'SET' if value else 'UNSET'} SECURE"
    return f"ALTER {name} SET {_WAREHOUSE[key]} = {literal(value)}"


def _privileges(change: Grant | Revoke) -> str:
    listed, role = ", ".join(change.privileges), _name((change.grantee,))
    if isinstance(change, Grant):
        return f"GRANT {listed} ON {_on(change.on)} TO ROLE {role}{' WITH GRANT OPTION' if change.grantable else ''}"
    option = "GRANT OPTION FOR " if change.only_grant_option else ""
    return f"REVOKE {option}{listed} ON {_on(change.on)} FROM ROLE {role}"


def _membership(change: AddMember | RemoveMember) -> str:
    verb, word = ("GRANT", "TO") if isinstance(change, AddMember) else ("REVOKE", "FROM")
    return f"{verb} ROLE {_name((change.role,))} {word} {_word(change.member.kind)} {_name(change.member.name)}"


def _on(on: Securable) -> str:
    if isinstance(on, Future):
        return f"FUTURE {_word(on.kind)}S IN SCHEMA {_name(on.schema)}"
    return f"{_word(on.kind)} {_name(on.name)}"


def _comment(properties: Properties) -> str:
    comment = properties.get("comment")
    return f" COMMENT = {literal(comment)}" if comment else ""


def _name(name: Name) -> str:
    return ".".join(quoted(part) for part in name)


def _word(kind: Kind) -> str:
    return kind.upper()
