"""Read a file in a process of its own, with bounds on its memory and time.

What a stranger's file does to memory and CPU then happens elsewhere: the service goes on
answering, and the process takes its memory along when it ends. Small text files cannot do harm and
are read at once.
"""

import pickle
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from services.catalog import importers
from services.catalog.importers.record import ImportRefused, Options, Reading

SMALL = 200_000  # bytes
MEMORY = 300 * 2**20
TIMEOUT_S = 50
ROOT = Path(__file__).parents[3]


def read(
    data: bytes, filename: str, format: str, mapping: object, options: Options
) -> Reading:
    """As `importers.read`; refused as well when it takes too much memory or time."""
    size = len(data) + sum(map(len, options.companions))
    if size <= SMALL and not data.startswith(b"PK"):
        return importers.read(data, filename, format, mapping, options)
    if size > options.max_bytes:
        raise ImportRefused("TOO_LARGE", f"More than {options.max_bytes // 2**20} MiB in all.")
    with TemporaryDirectory(prefix="import-") as folder:
        asked, answered = Path(folder, "asked"), Path(folder, "answered")
        asked.write_bytes(pickle.dumps((data, filename, format, mapping, options)))
        process = subprocess.Popen(
            [sys.executable, "-m", "services.catalog.importers.apart", asked, answered],
            cwd=ROOT, env={},
        )
        try:
            failed = process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise ImportRefused("TOO_SLOW", "This file takes too long to read.") from None
        finally:
            process.kill()
            process.wait()
        if failed:
            raise ImportRefused("TOO_COMPLEX", "This file is too large to be read when unpacked.")
        refusal, reading = pickle.loads(answered.read_bytes())
    if refusal:
        raise ImportRefused(*refusal)
    found: Reading = reading
    return found


def main(asked: str, answered: str) -> None:
    """The other process: exit code 1 when its bounds are too narrow for the file."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT_S, TIMEOUT_S))
    try:
        outcome: tuple[object, object] = (None, importers.read(*pickle.loads(
            Path(asked).read_bytes()
        )))
    except ImportRefused as refusal:
        outcome = ((refusal.reason, refusal.detail), None)
    except MemoryError:
        raise SystemExit(1) from None
    Path(answered).write_bytes(pickle.dumps(outcome))


if __name__ == "__main__":
    main(*sys.argv[1:])
