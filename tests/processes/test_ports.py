import os
import socket

import pytest

from data_platform.processes import ProcessesError
from data_platform.processes.ports import check_port


def test_a_port_in_use_names_its_holder_and_a_free_one() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(ProcessesError) as caught:
            check_port(port)
    line = str(caught.value)
    assert f"port {port} is in use by " in line
    assert f"(PID {os.getpid()})" in line
    assert "dp up --port " in line
    suggested = int(line.split("dp up --port ")[1].split(maxsplit=1)[0])
    check_port(suggested)


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])  # noqa: S104 (another program's habit)
def test_a_server_on_all_addresses_holds_the_port_too(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as server:
        server.bind((address, 0))
        server.listen()
        with pytest.raises(ProcessesError, match="in use"):
            check_port(server.getsockname()[1])


def test_a_port_that_was_just_closed_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # the server's side waits for late packets now
        client.close()
    check_port(port)
