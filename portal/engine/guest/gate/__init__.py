"""The gate of a cluster that no runner shares a host with: takes its calls, and leads to agents.

An agent takes a call on a unix socket, with the descriptors of a command's pipes beside it. Neither
goes from one machine to another. So a call is carried: the runner's end of it is a unix socket
and pipes, the gate's end is a unix socket and pipes, and in between are frames on one TLS
connection, `carrier.py` at either end. Runner and agent both go on as if they were on one host.
"""
