"""A stand-in for Azure Blob Storage that knows blobs, ETags and conditions. It lets anyone in.

It shows which requests the platform makes and how it takes refusals, not how Azure behaves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4


class Blobs(BaseHTTPRequestHandler):
    """Put, get, head, delete and list blobs of one container."""

    protocol_version = "HTTP/1.1"
    blobs: dict[str, tuple[bytes, str]] = {}  # noqa: RUF012 - one stub at a time
    lock = Lock()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status: int, code: str) -> None:
        self.answer(status, f"<Error><Code>{code}</Code></Error>".encode(), x_ms_error_code=code)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        with self.lock:
            found = self.blobs.get(self.name)
            if self.headers.get("If-None-Match") == "*" and found:
                return self.refuse(409, "BlobAlreadyExists")
            if (wanted := self.headers.get("If-Match")) and (not found or found[1] != wanted):
                return self.refuse(412, "ConditionNotMet")
            self.blobs[self.name] = (body, f'"{uuid4().hex}"')
        return self.answer(201, ETag=self.blobs[self.name][1], Last_Modified="Mon, 01 Jan 2024 00:00:00 GMT")

    def do_GET(self) -> None:
        if "list" in parse_qs(urlsplit(self.path).query).get("comp", []):
            return self.list()
        found = self.blobs.get(self.name)
        if found is None:
            return self.refuse(404, "BlobNotFound")
        body, tag = found
        common = {"ETag": tag, "Last_Modified": "Mon, 01 Jan 2024 00:00:00 GMT", "x_ms_blob_type": "BlockBlob"}
        if self.command == "HEAD":
            return self.answer(200, Content_Length=str(len(body)), **common)
        if not (asked := self.headers.get("x-ms-range") or self.headers.get("Range")):
            return self.answer(200, body, **common)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        part = body[int(first) : int(last or len(body)) + 1]
        if not part:
            return self.refuse(416, "InvalidRange")
        place = f"bytes {first}-{int(first) + len(part) - 1}/{len(body)}"
        return self.answer(206, part, Content_Range=place, **common)

    do_HEAD = do_GET  # noqa: N815

    def do_DELETE(self) -> None:
        with self.lock:
            gone = self.blobs.pop(self.name, None)
        return self.answer(202) if gone else self.refuse(404, "BlobNotFound")

    def list(self) -> None:
        prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
        blobs = "".join(
            f"<Blob><Name>{name}</Name><Properties><Content-Length>{len(body)}</Content-Length>"
            f"<Etag>{tag}</Etag><BlobType>BlockBlob</BlobType></Properties></Blob>"
            for name, (body, tag) in sorted(self.blobs.items())
            if name.startswith(prefix)
        )
        found = f'<EnumerationResults ContainerName="container"><Blobs>{blobs}</Blobs></EnumerationResults>'
        text = f'<?xml version="1.0"?>{found}'
        self.answer(200, text.encode(), Content_Type="application/xml")

    @property
    def name(self) -> str:
        return urlsplit(self.path).path.split("/", 3)[-1]  # /account/container/name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def azure_stub() -> Iterator[dict[str, str]]:
    """Run the stub; gives the options with which adlfs finds it."""
    Blobs.blobs = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Blobs)
    Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}/account"
    key = "b25seS1hLXRlc3Q="
    yield {
        "connection_string": f"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={key};"
        f"BlobEndpoint={endpoint};"
    }
    server.shutdown()
    server.server_close()
