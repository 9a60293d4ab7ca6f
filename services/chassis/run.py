"""Start one nameko process: `python -m services.chassis.run wallet`."""

# ruff: noqa: E402  (green threads must be in place before anything else is imported)
from services.chassis.green import make_green

make_green()

import os
import signal
import sys

import eventlet
import structlog
from nameko import config
from nameko.runners import ServiceRunner

from services.chassis import tracing
from services.chassis.entrypoints import service_class
from services.chassis.observability import configure_logging
from services.chassis.settings import Settings
from services.chassis.vitals import serve

STOP_GRACE_S = 25
ENDING = (signal.SIGTERM, signal.SIGINT)


def main(process: str) -> None:
    settings = Settings.from_env(process)
    configure_logging(settings, process)
    tracing.configure(process)
    log = structlog.get_logger("run")
    if not settings.database_url:
        raise SystemExit(f"{settings.service.upper()}_DATABASE_URL is not set.")
    config.setup({
        "AMQP_URI": settings.amqp_url, "max_workers": settings.max_workers,
        "PREFETCH_COUNT": settings.max_workers, "HEARTBEAT": 30,
        "TRANSPORT_OPTIONS": {"max_retries": 3, "interval_start": 1, "interval_step": 1,
                              "interval_max": 5},
    })
    found = service_class(process)
    if port := os.environ.get("METRICS_PORT"):
        host = os.environ.get("METRICS_HOST", "127.0.0.1")
        serve(settings, process, host, int(port), found.publishes)
    runner = ServiceRunner()
    runner.add_service(found)
    for number in ENDING:
        signal.signal(number, lambda *_: eventlet.spawn_n(_stop, runner, log))
    runner.start()
    log.info("ready")
    _wait(runner)
    for number in ENDING:  # told again while Python itself ends, it would die of it
        signal.signal(number, signal.SIG_IGN)
    tracing.stop()
    log.info("stopped")


def _stop(runner: ServiceRunner, log: structlog.stdlib.BoundLogger) -> None:
    """Finish what is running and take no more; what hangs longer than the grace is cut off."""
    log.info("stopping")
    eventlet.spawn_after(STOP_GRACE_S, os._exit, 1)
    runner.stop()


def _wait(runner: ServiceRunner) -> None:
    """A signal interrupts the hub's wait with OSError; waiting in a green thread survives it."""
    waiting = eventlet.spawn(runner.wait)
    while True:
        try:
            return waiting.wait()
        except InterruptedError:
            continue


if __name__ == "__main__":
    main(sys.argv[1])
