"""The unit card: the whole identity of a business unit, in one YAML file."""

import keyword
import re
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic.config import JsonDict

from data_platform.errors import UsageError
from data_platform.yaml_model import read_model

CARD_FILE = "unit.yaml"
# the platform's own words, and names that DuckDB or a layer's schema already bears inside the unit's file
RESERVED_NAMES = frozenset(
    {"data_platform", "platform", "raw", "published", "staging", "intermediate", "marts"}
    | {"main", "temp", "system", "information_schema", "pg_catalog", "memory"}
)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_CRON = re.compile(r"(@(hourly|daily|weekly|monthly|yearly))|([\d*/,\-A-Za-z]+\s+){4}[\d*/,\-A-Za-z]+")
_TEAM = re.compile(r"team:[\w.\-]+")
_OWNER: JsonDict = {"anyOf": [{"pattern": f"^{_EMAIL.pattern}$"}, {"pattern": f"^{_TEAM.pattern}$"}]}


def check_unit_name(name: str) -> str:
    """Return the name, or raise ValueError saying why it cannot name a unit (it becomes a Python package)."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ValueError("a unit's name is a lower-case identifier of at most 40 letters, digits and underscores")
    if name in RESERVED_NAMES:
        raise ValueError(f"the name {name!r} is reserved")
    return name


def _check_owner(owner: str) -> str:
    if not (_EMAIL.fullmatch(owner) or _TEAM.fullmatch(owner)):
        raise ValueError("an owner is an e-mail address or 'team:<name>'")
    return owner


class _CardModel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DbtSettings(_CardModel):
    """Where the unit's dbt project is."""

    project: str | None = Field(
        None,
        description="Folder of the dbt project, from the repository's root. Default: `dbt_projects/<name>`.",
    )
    threads: int = Field(
        1, ge=1, le=64, description="dbt threads. On DuckDB one thread is the fastest; on Snowflake use more."
    )


class Freshness(_CardModel):
    """How old the unit's data may become before it is shown, and alerted, as stale."""

    warn_after_hours: float | None = Field(None, gt=0, description="Age in hours at which data is shown as a warning.")
    fail_after_hours: float = Field(gt=0, description="Age in hours at which data counts as stale.")


class Schedule(_CardModel):
    """When the whole unit is built."""

    cron: str = Field(description="Cron expression, as in `0 5 * * *`.")
    timezone: str = Field("UTC", description="IANA time zone of the expression.")

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, cron: str) -> str:
        if not _CRON.fullmatch(cron.strip()):
            raise ValueError("a cron expression has five fields, as in '0 5 * * *'")
        return cron

    @field_validator("timezone")
    @classmethod
    def _is_timezone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is no IANA time zone (as in 'Europe/Brussels')") from None
        return timezone


class Alerts(_CardModel):
    """Where the unit's alerts go, beside the platform's own channel."""

    channels: list[str] = Field(default_factory=list, description="Names of channels in `dagster_home/alerts.yaml`.")


class Service(_CardModel):
    """A service that reads the unit's data versions."""

    name: str = Field(description="The service's name.")
    reads: list[str] = Field(default_factory=list, description="Published models it reads.")


class UnitCard(_CardModel):
    """The card of one business unit: `code_locations/<unit>/unit.yaml`."""

    name: Annotated[str, AfterValidator(check_unit_name)] = Field(
        description="Identifier of the unit; equals the folder's name.",
        json_schema_extra={"pattern": f"^{_NAME.pattern}$", "not": {"enum": [*sorted(RESERVED_NAMES)]}},
    )
    title: str = Field(min_length=1, description="Name shown to people.")
    description: str = Field("", description="What the unit owns, in a sentence or two.")
    owners: list[Annotated[str, AfterValidator(_check_owner), Field(json_schema_extra=_OWNER)]] = Field(
        min_length=1, description="E-mail addresses or `team:<name>`."
    )
    dbt: DbtSettings = Field(default_factory=DbtSettings, description="The unit's dbt project.")
    regions: list[str] = Field(default_factory=list, description="Regions the unit is rolled out to.")
    freshness: Freshness | None = Field(None, description="How old its data may become.")
    schedule: Schedule | None = Field(None, description="When the whole unit is built.")
    alerts: Alerts = Field(default_factory=Alerts, description="Where its alerts go.")
    services: list[Service] = Field(default_factory=list, description="Services that read its data.")

    @property
    def dbt_project(self) -> str:
        """Folder of the dbt project, from the repository's root."""
        return self.dbt.project or f"dbt_projects/{self.name}"


def read_card(folder: Path) -> UnitCard:
    """Read the card of the unit in a folder.

    Args:
        folder: `code_locations/<unit>`.

    Raises:
        UsageError: the card is missing, does not fit, or its name is not the folder's.
    """
    path = folder / CARD_FILE
    shown = Path(*path.parts[-3:])
    card = read_model(path, UnitCard, shown_as=shown)
    if card.name != folder.name:
        raise UsageError(
            f"the card's name {card.name!r} is not its folder's name {folder.name!r}",
            where=shown,
            line=_line_of_name(path),
            fix="rename one of them; two units cannot share a name",
            anchor="unit-cards",
        )
    return card


def read_cards(code_locations: Path) -> list[UnitCard]:
    """Read every unit's card, ordered by name. A folder without a card is no unit.

    Raises:
        UsageError: a card is wrong; the first one by name.
    """
    return [read_card(folder) for folder in unit_folders(code_locations)]


def unit_folders(code_locations: Path) -> list[Path]:
    """The folders that hold a unit card, ordered by name."""
    return sorted(path.parent for path in code_locations.glob(f"*/{CARD_FILE}"))


def _line_of_name(path: Path) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith("name:")), 1)
