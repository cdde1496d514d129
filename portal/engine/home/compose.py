"""The lab's docker-compose.yml: the course's names, ports and volume, in the course's version 2."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from portal.engine.lab.cluster import ServiceSpec
from portal.engine.lab.spec import LabSpec
from portal.engine.markdown import one_line

FOLDER = "./w205:/w205"
HEAD = """\
# {title}. The first `docker-compose up -d` builds the images: see README.md.
"""


def compose_file(lab: LabSpec, images: Mapping[str, str], built: frozenset[str]) -> str:
    """The whole file. `images` are Docker's names; those of `built` have a folder in images/."""
    names = [each.name for each in lab.services]
    services = {
        each.name: service(each, images[each.image], each.image in built, names)
        for each in lab.services
    }
    text = yaml.safe_dump(
        {"version": "2", "services": services},
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=1000,
    )
    return HEAD.format(title=one_line(lab.title)) + text


def service(spec: ServiceSpec, image: str, is_built: bool, names: list[str]) -> dict[str, Any]:
    """One service. One without a command is where a student types: the others are for it."""
    made: dict[str, Any] = {"image": image}
    if is_built:
        made["build"] = f"./images/{spec.image}"
    if needs := needed(spec, names):
        made["depends_on"] = needs
    if spec.environment:
        made["environment"] = {key: literal(each) for key, each in spec.environment.items()}
    if spec.command:
        made["command"] = [literal(each) for each in spec.command]
        if spec.expose:
            made["expose"] = [str(port) for port in spec.expose]
    else:
        made |= {
            "command": "bash",
            "stdin_open": True,
            "tty": True,
            # A bash with a terminal ends on this one at once, and on the usual one not at all.
            "stop_signal": "SIGHUP",
            # So that it may write to the folder, whoever's that is.
            "user": "root",
            "volumes": [FOLDER],
        }
        if spec.expose:
            made["ports"] = [f"{port}:{port}" for port in spec.expose]
    if spec.extra_hosts:
        made["extra_hosts"] = list(spec.extra_hosts)
    return made


def needed(spec: ServiceSpec, names: list[str]) -> list[str]:
    """The services whose addresses it is told."""
    told = " ".join(spec.environment.values())
    hosts = set(re.findall(r"(?<![\w.-])([a-z][a-z0-9_-]*):\d", told)) - {spec.name}
    return [each for each in names if each in hosts]


def literal(value: str) -> str:
    """A value that Compose fills nothing into."""
    return value.replace("$", "$$")
