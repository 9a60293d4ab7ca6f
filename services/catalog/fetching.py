"""A file from an address that a person typed: never one of a private network.

Each name is resolved once; all its addresses must be public, and it is one of those that is
connected to, so that a second answer of the name service cannot lead elsewhere. The same for every
redirect. Packed answers are not asked for: there is nothing to unpack.
"""

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urljoin, urlsplit

from contracts.errors import Code, DomainError

TIMEOUT_S = 10  # for each step
ALL_S = 40
MAX_BYTES = 20 * 2**20
CHUNK = 2**16
REDIRECTS = (301, 302, 303, 307, 308)
HOPS = 5
# Public as such, but they carry an address of the old kind that may not be.
TUNNELS = (ip_network("64:ff9b::/96"), ip_network("2002::/16"), ip_network("2001::/32"))

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Fetched:
    """`content` None: it has not changed."""

    content: bytes | None
    etag: str = ""
    last_modified: str = ""


def is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in TUNNELS):
            return False
    return address.is_global and not address.is_multicast


def fetch(
    address: str, headers: Mapping[str, str], secret: Mapping[str, str],
    allowed: Callable[[Address], bool] = is_public,
) -> Fetched:
    """GET; `secret` headers go to the first host only. SOURCE_REFUSED, SOURCE_UNREACHABLE."""
    deadline = _now_ms() + ALL_S * 1_000
    here = urlsplit(address)
    first = (here.scheme, here.netloc)
    for _ in range(HOPS):
        sent = {**headers, **(secret if (here.scheme, here.netloc) == first else {})}
        connection = _connected(here, allowed)
        try:
            response = _asked(connection, here, sent)
            if response.status in REDIRECTS:
                here = urlsplit(urljoin(here.geturl(), response.headers.get("Location", "")))
                continue
            if response.status == 304:
                return Fetched(None)
            if response.status != 200:
                raise _unreachable(f"it answered {response.status}")
            return Fetched(
                _body(response, deadline), response.headers.get("ETag", ""),
                response.headers.get("Last-Modified", ""),
            )
        except (OSError, HTTPException, ValueError) as trouble:
            raise _unreachable(type(trouble).__name__) from None
        finally:
            connection.close()
    raise _refused("It redirects too often.")


def _connected(here: SplitResult, allowed: Callable[[Address], bool]) -> HTTPConnection:
    """To an address that was looked at."""
    host, port = _target(here)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _unreachable("its name is not known") from None
    addresses = [str(one[4][0]).split("%")[0] for one in found]
    if not addresses or not all(allowed(ip_address(one)) for one in addresses):
        raise _refused("This address leads into a private network.")
    connection = HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.sock = socket.create_connection((addresses[0], port), TIMEOUT_S)
        if here.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
    except (OSError, ValueError) as trouble:
        connection.close()
        raise _unreachable(type(trouble).__name__) from None
    return connection


def _target(here: SplitResult) -> tuple[str, int]:
    try:
        host, port = here.hostname, here.port or {"http": 80, "https": 443}[here.scheme]
    except (ValueError, KeyError):
        raise _refused("Only addresses of the web are fetched.") from None
    if not host or here.username is not None or here.password is not None:
        raise _refused("This is no address of the web, or it holds a password.")
    return host, port


def _asked(
    connection: HTTPConnection, here: SplitResult, headers: Mapping[str, str]
) -> HTTPResponse:
    path = (here.path or "/") + (f"?{here.query}" if here.query else "")
    connection.request("GET", path, headers={"Accept-Encoding": "identity", **headers})
    return connection.getresponse()


def _body(response: HTTPResponse, deadline: int) -> bytes:
    parts, size = [], 0
    while part := response.read(CHUNK):
        size += len(part)
        if size > MAX_BYTES:
            raise _refused(f"The file is larger than {MAX_BYTES // 2**20} MiB.")
        if _now_ms() > deadline:
            raise _unreachable("it takes too long")
        parts.append(part)
    if response.length:  # less came than was announced
        raise _unreachable("it broke off")
    return b"".join(parts)


def _refused(sentence: str) -> DomainError:
    return DomainError(Code.SOURCE_REFUSED, sentence)


def _unreachable(why: str) -> DomainError:
    return DomainError(
        Code.SOURCE_UNREACHABLE, f"The source gave nothing: {why}. Everything is as it was."
    )


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
