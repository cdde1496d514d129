"""What the drivers share: their clusters have the guest agent as first process.

How to talk to it (`link`, `answers`, `talks`, `execution`), what it is told (`plan`), how it brings
services up (`startup`), and what confines it whatever it runs in (`cgroup`, `seccomp`). Each driver
makes the place where the agent runs, and nothing here knows which one it is.
"""
