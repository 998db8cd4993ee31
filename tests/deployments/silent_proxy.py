"""A proxy before a real webserver that passes requests on, and loses the first answer as if the webserver had died."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def losing_an_answer(port: int, *, passes_on: bool = True) -> Iterator[str]:
    """The address of a proxy that loses its first answer; where it does not pass on, the request, too."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        first = True
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                request = _message(client)
                if passes_on or not first:
                    with socket.create_connection(("127.0.0.1", port)) as server:
                        server.sendall(request)
                        answer = _message(server)
                    if not first:
                        client.sendall(answer)
            first = False

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        serving.join()


def _message(connection: socket.socket) -> bytes:
    """A whole HTTP message, whose length stands in its head."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
