"""Sending to addresses on the outside, without being led to the inside.

A host's name is resolved once, every address it has must be public, and the connection goes to the
very address that was checked: a name that answers differently a moment later (DNS rebinding)
changes nothing. Redirects are not followed.
"""

import ipaddress
import socket
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings


class Forbidden(OSError):
    """The address is none that may be sent to; the message says why."""


def post(url: str, *, body: bytes, headers: dict[str, str], timeout: float) -> int:
    """POST ``body`` and return the answer's status.

    Raises
    ------
    Forbidden
        Neither http nor https, credentials in the address, or a host with an address that is
        not public and is not named in ``OUTBOUND_PRIVATE_HOSTS``.
    OSError
        No answer within ``timeout`` seconds, or none that is HTTP.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise Forbidden(f"{parts.scheme or 'nothing'} is not sent to")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = checked_address(parts.hostname, port)
    kind = HTTPSConnection if secure else HTTPConnection
    connection: Any = kind(parts.hostname, port, timeout=timeout)
    # Certificates are checked against the name, bytes go to the address.
    connection._create_connection = lambda _, *args, **kwargs: socket.create_connection(
        (address, port), *args, **kwargs
    )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body=body, headers=headers)
        answer: HTTPResponse = connection.getresponse()
        return answer.status
    except HTTPException as error:
        raise OSError(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def checked_address(host: str, port: int) -> str:
    """An address of the host to connect to; all of them have to be allowed."""
    found = [row[4][0] for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if host not in settings.OUTBOUND_PRIVATE_HOSTS:
        for address in found:
            if not is_public(str(address)):
                raise Forbidden(f"{host} is at {address}, which is not public")
    return str(found[0])


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large, in whatever clothes it comes."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if ip in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
