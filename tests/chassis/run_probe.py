"""The probe's process: `python -m tests.chassis.run_probe`, started as any service is."""

# ruff: noqa: I001  (run puts green threads in place before anything else is imported)
from services.chassis import run

from services.chassis.entrypoints import Service, on, on_many, ping, read, write
from tests.chassis import probe


class ProbeService(Service):
    name = "probe"
    ping = ping()
    work = write(probe.Work, probe.work)
    look = read(probe.Look, probe.look)
    on_worked = on(probe.Worked, probe.note)
    on_counted = on_many(probe.Counted, probe.note_all)


if __name__ == "__main__":
    run.service_class = lambda _process: ProbeService
    run.main("probe")
