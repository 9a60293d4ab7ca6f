"""A lean HTTP/1.1 client for load: the machine is shared with what is measured, so that the
client must cost little. One keep-alive connection, requests built beforehand."""

import json
import socket
from typing import Any


class Client:
    """One connection. `send` answers (status, body); raises ConnectionError when cut off."""

    def __init__(self, address: str, token: str) -> None:
        self.host, port = address.removeprefix("http://").split(":")
        self.port = int(port)
        self.token = token
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection((self.host, self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(
        self, method: str, path: str, body: Any = None, key: str = ""
    ) -> tuple[int, bytes]:
        content = json.dumps(body).encode() if body is not None else b""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n"
            f"Authorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            + (f"Idempotency-Key: {key}\r\n" if key else "") + "\r\n"
        )
        self.socket.sendall(head.encode() + content)
        return self._answer()

    def _answer(self) -> tuple[int, bytes]:
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, rest = self.buffer.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in lines[1:])
        length = int(headers[b"content-length"])
        self.buffer = rest
        while len(self.buffer) < length:
            self._more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        status = int(lines[0].split()[1])
        if headers.get(b"connection") == b"close":
            self._connect()
        return status, body

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed by the server")
        self.buffer += data
