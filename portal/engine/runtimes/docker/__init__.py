"""The runtime for schools that run Docker: four containers and one network a session.

The guest agent is each container's first process, and the runner talks to it over a unix socket,
as it does to a sandbox's. The engine itself is only asked to start and to end things. Why not a
client in the container, by `docker exec`: that costs 60 ms a command and an engine that answers,
its streams can't be closed one by one, and the ends of what a command left behind would be
anybody's guess. Over the socket a command costs 3 ms, gets its pipes from the runner itself, and
goes on through a restart of the runner, and of an engine set to keep its containers.

Nothing in a container can reach that socket by its path: the runner makes it, listening, in a
folder of its own, and hands the listener over to the container's first process (`first.py`),
which then becomes the agent. All that is mounted for that is a folder, read-only, with a socket
that the runner listens on for this one moment.
"""

from portal.engine.runtimes.docker.runtime import DockerRuntime

__all__ = ["DockerRuntime"]
