import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from data_platform.warehouse import ObjectStorage

SECRET = "only-a-test-secret"


@pytest.fixture(scope="session")
def s3_options() -> Iterator[dict[str, str]]:
    """An S3 server of moto in this process. It lets any key in: nothing here proves permissions."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    yield {"endpoint_url": f"http://{host}:{port}", "key": "anyone", "secret": SECRET}
    server.stop()


@pytest.fixture
def s3_storage(s3_options: dict[str, str]) -> ObjectStorage:
    """An empty prefix in an S3 bucket of moto."""
    import s3fs

    bucket = f"bucket-{uuid4().hex}"
    s3fs.S3FileSystem(**s3_options).mkdir(bucket)
    return ObjectStorage(f"s3://{bucket}/platform", s3_options)


@pytest.fixture
def local_storage(tmp_path: Path) -> ObjectStorage:
    return ObjectStorage(tmp_path / "storage")


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest) -> ObjectStorage:
    return request.getfixturevalue(f"{request.param}_storage")
