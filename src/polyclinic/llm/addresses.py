"""The remote gate: which addresses are on this machine or the local network, and what may be sent beyond.

Text goes to a remote address only if the user allowed it (`allow_remote: true`) and a guard, the de-identifier, was
handed in; this file holds no guard of its own.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from polyclinic.errors import UserError

Guard = Callable[[str], str]  # takes identifying details out of a text before it is sent; may raise Withheld


class Withheld(Exception):
    """Raised by a guard that will not let a text go out; the request counts as failed, with this reason."""


# Loopback, private (RFC 1918, RFC 4193) and link-local (RFC 3927, RFC 4291) networks.
LOCAL_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


def is_local_address(address: str) -> bool:
    """Return whether a numeric IP address is on this machine or the local network."""
    number = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(number, ipaddress.IPv6Address) and number.ipv4_mapped is not None:
        number = number.ipv4_mapped
    return any(number in network for network in LOCAL_NETWORKS if network.version == number.version)


def is_local_name(host: str) -> bool:
    """Return whether a host name says by itself that it is local: `localhost` or `*.local` (RFC 6762)."""
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith((".localhost", ".local"))


def refuse_remote(
    url: str, *, allow_remote: bool, guard: Guard | None, where: str = "teacher_url", must_be_found: bool = True
) -> bool:
    """Return whether `url` is remote; raises UserError when it is and text may not be sent there.

    A name is local only if every address it resolves to is.

    Args:
        url: base URL of the endpoint.
        allow_remote: whether the user allowed text to leave the local network.
        guard: de-identifier through which a remote text passes first; None when there is none.
        where: field that errors name.
        must_be_found: whether a name that cannot be resolved is an error; if not, it is left to the time of asking.

    Raises:
        UserError: the URL is not one, its host cannot be found, or it is remote and not allowed or not guarded.
    """
    host = host_of(url, where)
    addresses = [] if is_local_name(host) else _addresses(host)
    if not addresses and not is_local_name(host) and must_be_found:
        raise UserError(f"{where}: the host of {url} cannot be found; check the name")
    remote = not all(is_local_address(address) for address in addresses)
    if remote and not allow_remote:
        raise UserError(
            f"{where}: {host} is neither this machine nor the local network, so the text of the documents would "
            "leave the building; use a teacher in your own network, or set `allow_remote: true` if it may"
        )
    if remote and guard is None:
        raise UserError(
            f"{where}: {host} is remote, and no de-identifier is at hand to pass the text through first; nothing is "
            "sent without one, even with `allow_remote: true`. Use a teacher on this machine or the local network"
        )
    return remote


def host_of(url: str, where: str) -> str:
    """Return the host of a base URL; raises UserError when it is not an http(s) URL with a host."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UserError(f"{where}: '{url}' is not a URL: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise UserError(f"{where}: '{url}' is not a URL; expected something like http://localhost:8000/v1")
    return host


def _addresses(host: str) -> list[str]:
    """Return the numeric addresses of a host; none when its name cannot be resolved."""
    try:
        return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError):
        return []
