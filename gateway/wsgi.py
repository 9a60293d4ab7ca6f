"""What gunicorn starts: `gateway.wsgi:app`."""

from flask import Flask

from gateway.app import create_app
from services.chassis import tracing
from services.chassis.observability import configure_logging
from services.chassis.settings import Settings


def __getattr__(name: str) -> Flask:
    """`app` is made when gunicorn asks for it, in the worker: importing opens nothing."""
    if name != "app":
        raise AttributeError(name)
    settings = Settings.from_env("gateway")
    configure_logging(settings, "gateway")
    tracing.configure("gateway")
    return create_app(settings)
