"""`docker-compose up -d | exec -T SERVICE ARGV | down`, on a sandbox: what the scripts call."""

import os
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    """Do what was asked; the exit status is that of the command."""
    from django.conf import settings

    from portal.activities.runtimes import operator_images
    from portal.engine.parse import load_lab
    from portal.engine.runtimes.base import ClusterSpec
    from portal.engine.runtimes.sandbox import SandboxRuntime

    venv = str(Path(sys.prefix))
    folder, session = os.environ["SHIM_FOLDER"], "shim"
    runtime = SandboxRuntime(folder=folder, venv=venv, images=operator_images())
    match argv:
        case ["up", "-d"]:
            source = Path(settings.LABS_DIR) / "week10"
            lab = load_lab(source).spec
            files = {each.path: (source / str(each.source)).read_bytes() for each in lab.files}
            list(runtime.up(ClusterSpec(session, lab, files)))
            return 0
        case ["down", *_]:
            runtime.down(session)
            return 0
        case ["exec", "-T", service, *command]:
            stdin = sys.stdin.buffer.read()
            execution = runtime.exec(session, service, tuple(command), stdin=stdin, timeout=300)
            for piece in execution:
                stream = sys.stdout if piece.stream == "stdout" else sys.stderr
                stream.buffer.write(piece.data)
                stream.flush()
            return execution.exit_status or 0
    return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
