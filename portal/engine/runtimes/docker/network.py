"""A session's network: its services find each other by name, and nothing else.

It is internal, and the host has no address on it: there is no way from a container to the host, to
another session or out, whether or not the engine sets up a firewall.
"""

import ipaddress
import zlib
from collections.abc import Iterator, Sequence

from docker import APIClient
from docker.errors import APIError
from docker.types import IPAMConfig, IPAMPool

from portal.engine.errors import CapacityExceeded
from portal.engine.runtimes.docker.making import Part, once
from portal.engine.runtimes.docker.names import LEASE, Names

PREFIX = 27
"""Room for 29 services."""
TRIES = 50
OPTIONS = {"com.docker.network.bridge.inhibit_ipv4": "true"}

Subnet = ipaddress.IPv4Network


def make_network(client: APIClient, names: Names, pool: Subnet) -> str:
    """Make the session's network, or find the one that this launch made."""

    def look() -> str | None:
        found: list[Part] = client.networks(names=[names.stem])
        for each in found:
            # The engine looks for names that contain this one.
            if each["Name"] == names.stem:
                if (each["Labels"] or {}).get(LEASE) == names.lease:
                    return str(each["Id"])
                client.remove_network(each["Id"])
        return None

    return once(look, lambda: _make(client, names, pool))


def _make(client: APIClient, names: Names, pool: Subnet) -> str:
    for subnet in _candidates(client, names, pool):
        try:
            made: Part = client.create_network(
                names.stem,
                driver="bridge",
                options=OPTIONS,
                ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=str(subnet))]),
                check_duplicate=True,
                internal=True,
                labels=names.labels(),
            )
        except APIError as error:
            # Somebody took it since, or an interface of the host's has it.
            if "overlap" not in str(error.explanation):
                raise
        else:
            return str(made["Id"])
    raise CapacityExceeded(
        f"No network is free for another session in {pool}.",
        advice="Wait until another session ends, or give the docker runtime a larger `subnets`.",
    )


def _candidates(client: APIClient, names: Names, pool: Subnet) -> Iterator[Subnet]:
    """Some subnets that seem free, from one on that is this session's own guess."""
    taken = list(_taken(client))
    count = 2 ** max(0, PREFIX - pool.prefixlen)
    first = zlib.crc32(names.stem.encode())
    given = 0
    for step in range(count):
        start = int(pool.network_address) + (first + step) % count * 2 ** (32 - PREFIX)
        subnet = ipaddress.IPv4Network((start, PREFIX))
        if not any(subnet.overlaps(each) for each in taken):
            yield subnet
            given += 1
        if given == TRIES:
            return


def _taken(client: APIClient) -> Iterator[Subnet]:
    networks: list[Part] = client.networks()
    for network in networks:
        for part in network["IPAM"]["Config"] or ():
            found = ipaddress.ip_network(part["Subnet"], strict=False)
            if isinstance(found, ipaddress.IPv4Network):
                yield found


def addresses(client: APIClient, network: str, services: Sequence[str]) -> dict[str, str]:
    """An address in a network for each of a session's services, the same each time."""
    found: Part = client.inspect_network(network)
    subnet = ipaddress.IPv4Network(found["IPAM"]["Config"][0]["Subnet"])
    # The first is the gateway's, though an internal network has none.
    return {name: str(subnet[place]) for place, name in enumerate(services, start=2)}
