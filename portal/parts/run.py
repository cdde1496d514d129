"""Run a program quietly: its output goes to a log, its failure becomes one line."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from portal.parts.places import LOGS, ROOT, PartsError


def say(text: str) -> None:
    """Tell the person at the terminal what takes so long."""
    print(f"  {text}", flush=True)


def side_by_side(tasks: Sequence[Callable[[], None]]) -> None:
    """Do all of them at once. What one raises is raised when the others have ended."""
    with ThreadPoolExecutor(max(1, len(tasks))) as pool:
        for each in [pool.submit(task) for task in tasks]:
            each.result()


def run(
    argv: Sequence[str],
    *,
    log: str,
    failure: str,
    timeout_seconds: float,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run it, its output in `LOGS/log`. Raises PartsError: `failure`, then where the log is."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / log
    try:
        with path.open("wb") as output:
            subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                timeout=timeout_seconds,
                check=True,
            )
    except OSError as error:
        raise PartsError(f"{failure} ({argv[0]}: {error.strerror})") from error
    except subprocess.TimeoutExpired as error:
        raise PartsError(
            f"{failure} (no end after {timeout_seconds:.0f} s; {_name(path)})"
        ) from error
    except subprocess.CalledProcessError as error:
        raise PartsError(f"{failure} (exit status {error.returncode}; {_name(path)})") from error


def _name(path: Path) -> str:
    return f"see {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}"
