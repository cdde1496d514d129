"""What a node's kubelet and containerd are told."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.kubernetes import groups, network
from tests.kubernetes.programs import NETWORKS

PAUSE_IMAGE = "sluice/pause:1"
PROCESSES = 512
"""Of one pod, at most: no pod says that of itself."""


def kubelet(folder: Path, containerd: Path, authority: Path) -> dict[str, Any]:
    """The kubelet's configuration. Takes cgroups of version 1, where that is what the host has."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority)},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{groups.NAME}",
        "clusterDNS": [network.NODE_ADDRESS],
        "clusterDomain": network.DOMAIN,
        "containerRuntimeEndpoint": f"unix://{containerd}",
        # This host's disk and memory are others', too: nothing is evicted before they are gone.
        "evictionHard": {
            "memory.available": "50Mi",
            "nodefs.available": "1%",
            "imagefs.available": "1%",
            "nodefs.inodesFree": "1%",
        },
        "failCgroupV1": False,
        "failSwapOn": False,
        "healthzPort": 0,
        "imageGCHighThresholdPercent": 100,
        "makeIPTablesUtilChains": False,
        "podLogsDir": str(folder / "pod-logs"),
        "podPidsLimit": PROCESSES,
        "readOnlyPort": 0,
        "resolvConf": "",
        # One process that wants too much ends alone, on cgroups of version 2 as well.
        "singleProcessOOMKill": True,
        "volumePluginDir": str(folder / "volume-plugins"),
    }


def containerd(root: Path, state: Path, networks: Path) -> str:
    """Containerd's configuration (TOML). Its images stay in `root`."""
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""\
version = 2
root = "{root}"
state = "{state}"
[grpc]
address = "{state}/containerd.sock"
[{cri}]
sandbox_image = "{PAUSE_IMAGE}"
# Root of a virtual machine's container may not make a process safer from the kernel than its own.
restrict_oom_score_adj = true
[{cri}.cni]
bin_dir = "{NETWORKS}"
conf_dir = "{networks}"
[{cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"""


def pause_image(program: Path) -> bytes:
    """An archive that containerd imports: one layer with one program."""
    data = packed({"pause": program.read_bytes()})
    config = {
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), ""),
        "os": "linux",
        "config": {"Entrypoint": ["/pause"], "User": "65535:65535"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(data).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [PAUSE_IMAGE], "Layers": ["layer.tar"]}]
    return packed(
        {
            "layer.tar": data,
            "config.json": json.dumps(config).encode(),
            "manifest.json": json.dumps(manifest).encode(),
        }
    )


def packed(files: Mapping[str, bytes]) -> bytes:
    """A tar of programs, by name."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.mode, info.size = 0o755, len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()
