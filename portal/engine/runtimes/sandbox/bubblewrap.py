"""The command line that makes a sandbox, and the files that it finds in /etc."""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.engine.errors import RuntimeUnavailable
from portal.engine.lab.cluster import ServiceSpec
from portal.engine.runtimes.agent.layout import GUEST, HOME, TMP

HOSTNAME = "lab"
GUEST_PYTHON = "/opt/venv/bin/python"
SYSTEM = ("/usr",)
SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
ETC = Path("/etc")
ETC_BINDS = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime")


@dataclass(frozen=True, slots=True)
class Confinement:
    """How this host confines: as whom, and by which means."""

    uid: int | None
    """Drop to this user inside; None where the portal itself runs as an ordinary user."""

    @property
    def namespaces(self) -> list[str]:
        """An ordinary user needs a user namespace; root does without and drops its rights."""
        return [] if self.uid is not None else ["--unshare-user", "--uid", "1000", "--gid", "1000"]

    @property
    def drop(self) -> list[str]:
        """The command prefix that gives up every right for good."""
        if self.uid is None:
            return ["/usr/bin/setpriv", "--no-new-privs", "--"]
        identity = [f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"]
        return ["/usr/bin/setpriv", *identity, "--bounding-set=-all", "--no-new-privs", "--"]


def find(program: str) -> str:
    """The path of a program. Raises RuntimeUnavailable, saying how to get it."""
    path = shutil.which(program)
    if path is None:
        raise RuntimeUnavailable(
            f"The program {program} is not installed.",
            advice="Run 'make up' again, or install the package that brings it "
            "(apt-get install bubblewrap util-linux).",
        )
    return path


def probe() -> list[str]:
    """A sandbox that does nothing, with the options that a real one depends on."""
    user = ["--unshare-user"] if os.geteuid() != 0 else []
    scratch = ("--perms", "1777", "--size", str(1 << 20), "--tmpfs", TMP)
    inside = ("--ro-bind", "/", "/", "--proc", "/proc", *scratch)
    return [find("bwrap"), *user, "--unshare-net", "--unshare-pid", *inside, "true"]


def hosts_file(services: Sequence[ServiceSpec]) -> str:
    """Each service on an address of its own, and the sandbox's own name."""
    lines = ["127.0.0.1 localhost", f"127.0.0.1 {HOSTNAME}"]
    extra = {name: at for each in services for name, at in each.host_names.items()}
    lines += [f"{at} {name}" for name, at in extra.items()]
    lines += [f"127.0.0.{number} {each.name}" for number, each in enumerate(services, 2)]
    return "\n".join(lines) + "\n"


def write_etc(
    folder: Path, services: Sequence[ServiceSpec], uid: int
) -> Iterable[tuple[str, Path]]:
    """Write the sandbox's own /etc files; yield guest path and host path of each."""
    contents = {
        "hosts": hosts_file(services),
        "hostname": f"{HOSTNAME}\n",
        "resolv.conf": "",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        "passwd": f"root:x:0:0::/:/bin/false\nstudent:x:{uid}:{uid}::{HOME}:/bin/bash\n",
        "group": f"root:x:0:\nstudent:x:{uid}:\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        path = folder / name
        path.write_text(content)
        path.chmod(0o644)
        yield f"/etc/{name}", path


def python_home(venv: Path) -> Path | None:
    """The folder of the interpreter behind a virtual environment, unless the system has it."""
    home = Path(os.path.realpath(venv / "bin" / "python")).parent.parent
    return None if home == Path("/usr") else home


def etc_binds() -> list[str]:
    """What a sandbox sees of the host's own /etc: no more than its programs need."""
    # Debian keeps each Java's lib/security and conf there, whichever version is its default.
    return [*ETC_BINDS, *sorted(str(path) for path in ETC.glob("java-*-openjdk"))]


def parents(binds: Iterable[str]) -> list[str]:
    """The folders above the binds, outermost first: bubblewrap makes them unreadable by others."""
    found = {str(parent) for path in binds for parent in Path(path).parents}
    return sorted(found - {"/"}, key=len)


def command(
    *,
    etc: Iterable[tuple[str, Path]],
    binds: Mapping[str, str],
    scratch: Mapping[str, int],
    confinement: Confinement,
    listener: int,
    info: int,
    block: int,
    seccomp: int,
) -> list[str]:
    """The whole argument list: new namespaces, a read-only system, sized scratch space, agent."""
    arguments = [
        find("bwrap"),
        # As number 1 the agent can't be killed or stopped by what runs beside it.
        *("--unshare-net", "--unshare-pid", "--as-pid-1", "--unshare-uts", "--unshare-ipc"),
        *("--unshare-cgroup-try", "--hostname", HOSTNAME, "--new-session", "--clearenv"),
        *("--setenv", "PYTHONPATH", GUEST),
        *confinement.namespaces,
        *("--proc", "/proc", "--dev", "/dev"),
    ]
    for parent in parents([*binds, *etc_binds()]):
        arguments += ["--perms", "0755", "--dir", parent]
    for path in SYSTEM:
        arguments += ["--ro-bind", path, path]
    for path in SYSTEM_LINKS:
        if os.path.islink(path):
            arguments += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            arguments += ["--ro-bind", path, path]
    for path in etc_binds():
        arguments += ["--ro-bind-try", path, path]
    for guest, source in etc:
        arguments += ["--ro-bind", str(source), guest]
    for guest, host in binds.items():
        arguments += ["--ro-bind", host, guest]
    for path, size in scratch.items():
        arguments += ["--perms", "1777", "--size", str(size), "--tmpfs", path]
    # Where an ordinary user starts it, /dev is a tmpfs without a size: /dev/shm has one, above.
    arguments += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME]
    arguments += ["--info-fd", str(info), "--block-fd", str(block), "--seccomp", str(seccomp)]
    # Nothing from a site's or a student's folder finds its way into it.
    agent = [GUEST_PYTHON, "-sSP", "-m", "guest.agent", "--fd", str(listener)]
    return [*arguments, "--", *confinement.drop, *agent]
