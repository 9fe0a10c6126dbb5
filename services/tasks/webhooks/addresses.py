"""Which IP addresses are inside, where a callback must not reach unless an operator allows it. Pure."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# IANA's registry of special-purpose IPv4 addresses, multicast, and what is reserved.
_INSIDE_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Of IPv6 only global unicast is outside (RFC 4291), but for what the registry takes out of it: protocol
# assignments with Teredo, documentation, 6to4.
_GLOBAL_6 = IPv6Network("2000::/3")
_INSIDE_6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
# The well-known prefix of NAT64 (RFC 6052): the last four bytes are the IPv4 address that is reached.
_NAT64 = IPv6Network("64:ff9b::/96")


def read_address(text: str) -> Address:
    """An address in the form that is judged: IPv4 within IPv6 is the IPv4 address that it reaches.

    Raises ValueError.
    """
    found = ip_address(text)
    if isinstance(found, IPv4Address):
        return found
    if found.ipv4_mapped is not None:
        return found.ipv4_mapped
    if found in _NAT64:
        return IPv4Address(found.packed[-4:])
    return found


def is_internal(address: Address) -> bool:
    """Whether an address of `read_address` is not public: loopback, private, link-local, multicast, …"""
    if isinstance(address, IPv4Address):
        return any(address in network for network in _INSIDE_4)
    return address not in _GLOBAL_6 or any(address in network for network in _INSIDE_6)
