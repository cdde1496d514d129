"""A session's pod: a container a service and a gate before them, as confined as can be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from portal.engine.lab.cluster import ServiceSpec
from portal.engine.runtimes.agent.layout import GUEST, HOME, SHM, TMP
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.kubernetes.names import Names

Object = dict[str, Any]

PORT = 26744
"""Where a gate takes calls."""
USER = 1000
GATE = "gate"
KEYS, RUN, BOOT = "/etc/sluice", "/run/gate", "/run/sluice"
NOWHERE = "127.0.0.1"
"""Where names that are none of the session's are asked for: nobody listens."""
FIRST_PROCESS = ["/usr/bin/python3", "-IS", f"{GUEST}/first.py"]
BE_GATE = (
    f"import runpy, sys; sys.path.insert(0, {GUEST!r}); sys.argv[1:] = [{KEYS!r}]; "
    "runpy.run_module('guest.gate', run_name='__main__', alter_sys=True)"
)
CONFINED: Object = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": USER,
    "runAsGroup": USER,
    "seccompProfile": {"type": "RuntimeDefault"},
}
OF_GATE: Object = {
    "requests": {"cpu": "20m", "memory": "48Mi"},
    "limits": {"cpu": "1", "memory": "128Mi"},
}
CPU_REQUEST = "50m"
"""Of a service: most of the time all of them wait."""
READABLE = 0o444


@dataclass(frozen=True, slots=True)
class Operator:
    """What whoever runs the portal has chosen for all pods."""

    registry: str = ""
    """Goes before an image's tag, as *registry.example/*."""
    pull: str = "IfNotPresent"
    runtime_class: str = ""
    priority_class: str = ""
    memory_share: float = 0.5
    """Of a service's memory limit, as much is kept free for it on its node."""
    runners: Mapping[str, str] = field(default_factory=dict)
    """The labels of pods, in whatever namespace, that may call gates."""
    runner_addresses: tuple[str, ...] = ()
    """Blocks of addresses that may call gates, for runners that are no pods."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one session's pod is made from."""

    names: Names
    plan: Plan
    tools: str
    operator: Operator

    def pod(self) -> Object:
        """The pod."""
        containers = [self._container(*each) for each in enumerate(self.plan.services)]
        spec: Object = {
            "automountServiceAccountToken": False,
            "containers": containers,
            "dnsConfig": {"nameservers": [NOWHERE], "options": [{"name": "timeout", "value": "1"}]},
            "dnsPolicy": "None",
            "enableServiceLinks": False,
            "hostAliases": list(self._aliases()),
            "hostname": "lab",
            "initContainers": [self._gate()],
            "restartPolicy": "Never",
            "securityContext": {
                each: CONFINED[each] for each in ("runAsNonRoot", "runAsUser", "seccompProfile")
            },
            # An agent heeds no signal: who ends a session doesn't wait for it.
            "terminationGracePeriodSeconds": 1,
            "volumes": list(self._volumes()),
        }
        if self.operator.runtime_class:
            spec["runtimeClassName"] = self.operator.runtime_class
        if self.operator.priority_class:
            spec["priorityClassName"] = self.operator.priority_class
        kind = {"apiVersion": "v1", "kind": "Pod"}
        return {**kind, "metadata": self.names.metadata(), "spec": spec}

    def gate(self) -> Object:
        """What the gate is told: `gate.json`."""
        services = [each.name for each in self.plan.services]
        agents = []
        for number, service in enumerate(self.plan.services):
            others = [each for each in services if each != service.name]
            configuration = self._own(service).configuration(has_group=True, others=others)
            # The lab's largest: ZooKeeper makes larger ones than it has room for.
            configuration["fsize"] = self.plan.disk_mb << 20
            configuration["door"] = address(number)
            agents.append(
                {
                    "service": service.name,
                    "address": f"{RUN}/agents/{number}.sock",
                    "boot": f"{RUN}/boot-{number}",
                    "configuration": configuration,
                }
            )
        return {"port": PORT, "tools": self.tools, "agents": agents}

    def _own(self, service: ServiceSpec) -> Plan:
        """The plan of a container that holds this one service."""
        return replace(self.plan, services=(service,))

    def _aliases(self) -> Iterator[Object]:
        """Each service on an address of its own, all of them the loopback's."""
        extra = {name: at for each in self.plan.services for name, at in each.host_names.items()}
        yield from ({"ip": at, "hostnames": [name]} for name, at in extra.items())
        for number, service in enumerate(self.plan.services):
            yield {"ip": address(number), "hostnames": [service.name]}

    def _gate(self) -> Object:
        """The gate, which is there before all others, and again when it has ended."""
        tools = next(each for each in self.plan.services if each.name == self.tools)
        boots = [
            {"name": f"boot-{number}", "mountPath": f"{RUN}/boot-{number}"}
            for number in range(len(self.plan.services))
        ]
        return {
            "name": GATE,
            "image": self._image(tools),
            "imagePullPolicy": self.operator.pull,
            "command": ["/usr/bin/python3", "-IS", "-c", BE_GATE],
            "workingDir": "/",
            "restartPolicy": "Always",
            "ports": [{"name": GATE, "containerPort": PORT}],
            "resources": OF_GATE,
            "securityContext": CONFINED,
            "volumeMounts": [
                {"name": "keys", "mountPath": KEYS, "readOnly": True},
                {"name": "agents", "mountPath": f"{RUN}/agents"},
                *boots,
            ],
        }

    def _container(self, number: int, service: ServiceSpec) -> Object:
        limits = service.limits
        memory = limits.memory_mb << 20
        return {
            "name": container(number),
            "image": self._image(service),
            "imagePullPolicy": self.operator.pull,
            "command": FIRST_PROCESS,
            "workingDir": HOME,
            "resources": {
                "limits": {"cpu": f"{int(limits.cpus * 1000)}m", "memory": str(memory)},
                "requests": {
                    "cpu": CPU_REQUEST,
                    "memory": str(int(memory * self.operator.memory_share)),
                },
            },
            "securityContext": CONFINED,
            "volumeMounts": [
                {"name": f"boot-{number}", "mountPath": BOOT, "readOnly": True},
                {"name": "home", "mountPath": HOME},
                *(
                    {"name": f"{name}-{number}", "mountPath": path}
                    for name, path in SCRATCH.items()
                ),
            ],
        }

    def _image(self, service: ServiceSpec) -> str:
        return f"{self.operator.registry}{self.plan.image(service).tag}"

    def _volumes(self) -> Iterator[Object]:
        """All that can be written is memory, of a size, and goes with the pod."""
        tools = next(each for each in self.plan.services if each.name == self.tools)
        yield in_memory("home", self._own(tools).scratch()[HOME])
        yield in_memory("agents", 1 << 20)
        secret = {"secretName": self.names.stem, "defaultMode": READABLE, "items": list(items())}
        yield {"name": "keys", "secret": secret}
        for number, service in enumerate(self.plan.services):
            scratch = self._own(service).scratch()
            yield in_memory(f"boot-{number}", 1 << 20)
            for name, path in SCRATCH.items():
                yield in_memory(f"{name}-{number}", scratch[path])


SCRATCH = {"tmp": TMP, "data": "/data", "shm": SHM}
OF_THE_GATE = ("gate.json", "gate.pem", "runner.crt", "rules")
"""Of the secret, what the gate gets to see; the rest is for runners."""


def items() -> Iterator[Object]:
    """What of the secret is mounted."""
    return ({"key": name, "path": name} for name in OF_THE_GATE)


def in_memory(name: str, size: int) -> Object:
    """A folder of a size in bytes."""
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": str(size)}}


def container(number: int) -> str:
    """The name of a service's container: not every service's name can be one."""
    return f"service-{number}"


def address(number: int) -> str:
    """Where in its pod a service is."""
    return f"127.0.0.{number + 2}"


def policy(operator: Operator) -> Object:
    """What lets runners in to the gates of all sessions, and nothing else in, and nothing out."""
    sources: list[Object] = [{"ipBlock": {"cidr": each}} for each in operator.runner_addresses]
    if operator.runners:
        labelled = {"matchLabels": dict(operator.runners)}
        sources.append({"namespaceSelector": {}, "podSelector": labelled})
    ports = [{"protocol": "TCP", "port": PORT}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "spec": {
            "podSelector": {"matchExpressions": [{"key": "sluice.portal", "operator": "Exists"}]},
            "policyTypes": ["Ingress", "Egress"],
            # Without a source a rule would let everybody in.
            "ingress": [{"from": sources, "ports": ports}] if sources else [],
            "egress": [],
        },
    }
