"""The settings of the kubernetes runtime: there is none unless an operator names a namespace."""

import zlib
from pathlib import Path
from typing import Any

import environ

RUNNERS = {"app.kubernetes.io/name": "sluice"}


def runtimes(env: environ.Env, folder: Path, host: str) -> dict[str, Any]:
    """The runtime by its name, as in `SLUICE_RUNTIMES`; nothing where no namespace is named."""
    namespace = env("SLUICE_KUBERNETES", default="")
    if not namespace:
        return {}
    options = {
        "folder": str(folder / "pods"),
        "namespace": namespace,
        "kubeconfig": env("SLUICE_KUBECONFIG", default=""),
        # Each host ends what it has started, and nobody else's.
        "mark": f"{zlib.crc32(f'{host}:{folder}'.encode()):08x}",
        "operator": {
            "registry": env("SLUICE_KUBERNETES_REGISTRY", default=""),
            "pull": env("SLUICE_KUBERNETES_PULL", default="IfNotPresent"),
            "runtime_class": env("SLUICE_KUBERNETES_RUNTIME_CLASS", default=""),
            "priority_class": env("SLUICE_KUBERNETES_PRIORITY_CLASS", default=""),
            "memory_share": env.float("SLUICE_KUBERNETES_MEMORY_SHARE", default=0.5),
            "runners": env.dict("SLUICE_KUBERNETES_RUNNERS", default=RUNNERS),
            "runner_addresses": tuple(env.list("SLUICE_KUBERNETES_RUNNER_ADDRESSES", default=[])),
        },
    }
    backend = "portal.engine.runtimes.kubernetes.KubernetesRuntime"
    return {"kubernetes": {"BACKEND": backend, "OPTIONS": options}}
