"""What YAML and XML changelogs have in common: named nodes with values and children."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Node:
    """One element of a root changelog.

    Args:
        name: `include`, `changeSet`, `sql`…
        line: 1-based.
        values: attributes, as text.
        children: elements inside it, in order.
        text: what it holds itself, as written.
    """

    name: str
    line: int
    values: dict[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    text: str = ""

    def child(self, name: str) -> "Node | None":
        """Its first child of this name."""
        return next((child for child in self.children if child.name == name), None)

    def true(self, name: str, *, default: bool) -> bool:
        """A value as a boolean: only `true`, in any case, is true."""
        return self.values[name].strip().lower() == "true" if name in self.values else default
