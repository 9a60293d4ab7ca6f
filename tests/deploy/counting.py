"""A door with the habits of the house and nothing behind it."""

from flask import Flask

from services.chassis import web

app = Flask("counting")
web.install(app)


@app.get("/ready")
def ready() -> str:
    return ""
