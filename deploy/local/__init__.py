"""The `make up` launcher.

`bootstrap` needs nothing but Python's standard library and makes the virtual environment; the
rest runs inside it. `instances` is for tests and benchmarks too: a private PostgreSQL and
RabbitMQ under any directory.
"""
