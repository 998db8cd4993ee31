"""Published data for its readers: they resolve the pointer once, then use that version, whose files nobody changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from data_platform.warehouse.errors import PublicationError
from data_platform.warehouse.manifest import Manifest, current_manifest, pointer_path
from data_platform.warehouse.protocol import Warehouse
from data_platform.warehouse.storage import ObjectStorage


@dataclass(frozen=True)
class PublishedVersion:
    """A version and the storage that holds it."""

    manifest: Manifest
    storage: ObjectStorage = field(repr=False)

    @property
    def unit(self) -> str:
        """The unit that published it."""
        return self.manifest.unit

    @property
    def version(self) -> str:
        """Its id; a later version of the unit has a greater one."""
        return self.manifest.version

    def url(self, dataset: str) -> str:
        """The absolute path or URL of a dataset's file.

        Raises:
            PublicationError: the version has no such dataset.
        """
        if dataset not in self.manifest.datasets:
            known = ", ".join(sorted(self.manifest.datasets)) or "nothing"
            raise PublicationError(
                f"unit {self.unit!r} publishes no {dataset!r} (version {self.version} holds {known})",
                fix=f"make the model public in {self.unit} and run `dp unit build {self.unit}`",
                anchor="published-data",
            )
        return self.storage.url(self.manifest.datasets[dataset].path)


def resolve(storage: ObjectStorage, unit: str) -> PublishedVersion:
    """The version of a unit that is current now.

    Raises:
        PublicationError: the unit has published nothing yet, or what it published is damaged.
    """
    current = current_manifest(storage, unit)
    if current is None:
        raise PublicationError(
            f"unit {unit!r} has published nothing yet",
            where=storage.url(pointer_path(unit)),
            fix=f"run `dp unit build {unit}` first",
            anchor="published-data",
        )
    return PublishedVersion(current[0], storage)


def adopt(warehouse: Warehouse, version: PublishedVersion, datasets: Sequence[str] | None = None) -> None:
    """Make the views `<unit>.<dataset>` over a version, in one transaction; views of other datasets go.

    Args:
        warehouse: the consumer's own.
        version: of the other unit.
        datasets: those the consumer reads; None for all.

    Raises:
        PublicationError: the version lacks one of the datasets.
    """
    names = sorted(version.manifest.datasets) if datasets is None else datasets
    files = {name: version.url(name) for name in names}
    warehouse.replace_views(version.unit, files, f"Version {version.version}, published by {version.unit}")
