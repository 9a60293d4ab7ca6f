"""gunicorn's settings for both HTTP doors: the gateway and the wallet's terminal door.

Threads of the operating system, not green ones: the doors wait for a database or a reply, and a
slow answer must not hold up its neighbours. Small answers leave at once: gunicorn sets
TCP_NODELAY on the listening socket and every connection inherits it (tested in tests/deploy).
"""

import os
import shutil
import tempfile
from typing import Any

bind = os.environ["BIND"]
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "1"))
threads = int(os.environ.get("WEB_THREADS", "16"))
worker_connections = 1000
keepalive = 75
timeout = 60
graceful_timeout = 20
worker_tmp_dir = "/dev/shm"
accesslog = None
errorlog = "-"
# Its place would be one for all of a person's gunicorns, outside this project.
control_socket_disable = True

# Several workers count together: prometheus_client keeps their numbers in files of this folder. It
# has to be named before that library is imported, so before the application is.
if workers > 1:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-")


def child_exit(server: Any, worker: Any) -> None:
    if workers > 1:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    if workers > 1:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
