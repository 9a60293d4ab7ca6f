"""The terminal door with its inbox taken out: no id is ever known, none is kept. The crash test
must find out (`tests.wallet.careless:app`)."""

from flask import Flask

from services.chassis import inbox
from services.wallet import terminal

inbox.CLAIM = "SELECT true AS claimed, NULL AS fingerprint, %(actor)s || %(id)s AS answer"
inbox.RECORD = "SELECT %(actor)s, %(id)s, %(fingerprint)s, %(answer)s, %(error)s, %(at)s"


def __getattr__(name: str) -> Flask:
    if name != "app":
        raise AttributeError(name)
    return terminal.app  # type: ignore[no-any-return,attr-defined]
