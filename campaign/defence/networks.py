"""Which network somebody comes from, as coarse as limits need it."""

from ipaddress import IPv4Address, IPv6Address, ip_address


def network_of(address: str) -> bytes:
    """The first three bytes of an IPv4 address (a /24), the first six of an IPv6 one (a /48); empty if it is neither.

    That is what one household, office or server can be given; inside a /48 alone there are 2^80 addresses.
    """
    found = _read(address)
    return found.packed[: 3 if found.version == 4 else 6] if found else b""


def is_this_machine(address: str) -> bool:
    """Whether it is a loopback address: no network, and perhaps a whole crowd behind one door."""
    found = _read(address)
    return found is not None and found.is_loopback


def _read(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    # A socket that listens on both kinds writes IPv4 addresses as ::ffff:203.0.113.9.
    return (found.ipv4_mapped or found) if found.version == 6 else found
