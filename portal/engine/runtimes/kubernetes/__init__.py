"""The runtime for schools that run Kubernetes: a pod a session, in one namespace.

A pod has one container a service, whose first process is the guest's agent, and a *gate* before
them (`portal/engine/guest/gate`). The gate hands the agents their listeners, as a runner does that
shares a host with them, tells them what they serve, and then takes the runner's calls: each is a
TLS connection of its own, by keys that were made for this one session, to the pod's address. Why
not `exec` by the API: that goes through API server and kubelet each time, tells nothing of a
command's end when either starts again, and can hand over no terminal that outlives its connection.

So exec, files, logs and terminals are the agent's own, as on the other runtimes, and the API is
asked only to start, to end and to list. All of a pod shares one network: services have addresses of
the loopback, as in a sandbox.
"""

from portal.engine.runtimes.kubernetes.runtime import KubernetesRuntime

__all__ = ["KubernetesRuntime"]
