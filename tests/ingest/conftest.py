from collections.abc import Callable
from pathlib import Path

import pytest

from data_platform.ingest import LandedFile, land
from data_platform.warehouse import ObjectStorage

Land = Callable[[str | bytes], LandedFile]


@pytest.fixture
def storage(tmp_path: Path) -> ObjectStorage:
    return ObjectStorage(tmp_path / "storage")


@pytest.fixture
def land_text(tmp_path: Path, storage: ObjectStorage) -> Land:
    """Lands a file `people.csv` with the given content."""

    def landed(content: str | bytes) -> LandedFile:
        source = tmp_path / "people.csv"
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        return land(str(source), storage, "registry", "people")

    return landed
