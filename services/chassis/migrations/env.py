"""Alembic's environment, shared by the services: `prepare.py` says which one and where."""

import importlib

from alembic import context
from sqlalchemy import create_engine

service = context.config.attributes["service"]
metadata = importlib.import_module(f"services.{service}.models").Base.metadata

engine = create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
