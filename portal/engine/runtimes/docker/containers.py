"""One service's container, confined: what a student's code in it can use, and what it can't."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.types import LogConfig, Mount, Ulimit

from portal.engine.lab.cluster import ServiceSpec
from portal.engine.runtimes.agent.layout import GUEST, HOME, SHM, TMP
from portal.engine.runtimes.docker.making import Part, find_container, once, surely
from portal.engine.runtimes.docker.names import Names

USER = "1000:1000"
BOOT_FOLDER = "/run/sluice"
OWN_FOLDER = "/run/sluice-own"
FIRST_PROCESS = ["/usr/bin/python3", "-IS", f"{GUEST}/first.py"]
FILES = 4096
LOG = {"max-size": "1m", "max-file": "1"}
SCRATCH = "rw,exec,nosuid,nodev,mode=1777"
NOWHERE = "127.0.0.1"
"""Where the engine sends questions for names that are none of the session's: nobody listens."""


def make_home(client: APIClient, names: Names, size: int) -> None:
    """Make the session's `/w205`: one tmpfs of a size in bytes that all its containers mount."""
    options = f"size={size},mode=1777,nosuid,nodev"
    surely(
        lambda: client.create_volume(
            names.stem,
            driver="local",
            driver_opts={"type": "tmpfs", "device": "tmpfs", "o": options},
            labels=names.labels(),
        )
    )


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one service's container is made from."""

    names: Names
    service: ServiceSpec
    image: str
    scratch: Mapping[str, int]
    """Writable folders and their sizes in bytes."""
    boot: Path
    runs_by: str = ""
    """The program that runs it; empty for the engine's own choice."""
    own: Path | None = None
    """Where its agent makes its socket, if it has to make it itself."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Those of all services, where the engine's names can't be asked for: by name."""

    @property
    def name(self) -> str:
        """The container's name."""
        return self.names.container(self.service.name)

    def start(self, client: APIClient) -> str:
        """Make and start it, or find the one that this launch made; its id."""
        found = once(
            lambda: find_container(client, self.name, self.names.lease),
            lambda: self._create(client),
        )
        surely(lambda: client.start(found))
        return found

    def _create(self, client: APIClient) -> str:
        endpoint = client.create_endpoint_config(
            aliases=[self.service.name], ipv4_address=self.addresses.get(self.service.name)
        )
        # The SDK's types take this for another thing of the same name.
        networks: Any = {self.names.stem: endpoint}
        made: Part = client.create_container(
            self.image,
            name=self.name,
            hostname=self.service.name,
            entrypoint=FIRST_PROCESS,
            command=[],
            user=USER,
            working_dir=HOME,
            labels=self.names.labels(self.service.name),
            # The agent heeds no other: an engine that stops would wait for it in vain.
            stop_signal="SIGKILL",
            host_config=self._confinement(client),
            networking_config=client.create_networking_config(networks),
        )
        return str(made["Id"])

    def _confinement(self, client: APIClient) -> dict[str, Any]:
        """No right that can be done without, and a bound on everything that can be used up."""
        limits = self.service.limits
        memory = limits.memory_mb << 20
        own = [Mount(OWN_FOLDER, str(self.own), type="bind")] if self.own else []
        return client.create_host_config(
            network_mode=self.names.stem,
            mounts=[
                Mount(HOME, self.names.stem, no_copy=True),
                Mount(BOOT_FOLDER, str(self.boot), type="bind", read_only=True),
                *own,
            ],
            cap_drop=["ALL"],
            runtime=self.runs_by or None,
            security_opt=["no-new-privileges:true"],
            read_only=True,
            tmpfs={path: f"{SCRATCH},size={self.scratch[path]}" for path in (TMP, "/data")},
            shm_size=self.scratch[SHM],
            ipc_mode="private",
            mem_limit=memory,
            # Memory that is swapped out is memory too.
            memswap_limit=memory,
            nano_cpus=int(min(limits.cpus, os.cpu_count() or 1) * 1e9),
            pids_limit=limits.processes,
            ulimits=[Ulimit(name="nofile", soft=FILES, hard=FILES)],
            log_config=LogConfig(type="json-file", config=LOG),
            restart_policy={"Name": "no"},
            dns=[NOWHERE],
            dns_opt=["timeout:1", "attempts:1"],
            extra_hosts={**self.service.host_names, **self.addresses},
        )
