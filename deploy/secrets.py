"""Make the secrets of compose and Kubernetes: `python -m deploy.secrets deploy/secrets`.

One file each, named as compose.yaml and the Kubernetes Secrets name them. What exists is kept, so
that it may be run again after an upgrade. POSTGRES_HOST and RABBITMQ_HOST say where the servers
are (postgres, rabbitmq).
"""

import os
import secrets
import sys
from pathlib import Path

from deploy.local.databases import OWNERS
from deploy.local.processes import PASSWORDS, SECRETS

USER = "festival"


class Folder:
    """Files that only their owner's containers can reach: the folder is closed to others."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def secret(self, name: str) -> str:
        return self.keep(name, secrets.token_urlsafe(18))

    def keep(self, name: str, text: str) -> str:
        """What the file says; written first where there is none."""
        file = self.path / name
        if not file.exists():
            file.write_text(text)
            file.chmod(0o444)
        return file.read_text().strip()


def file_of(setting: str) -> str:
    """AMQP_URL → amqp-url"""
    return setting.lower().replace("_", "-")


def make(folder: Folder, postgres: str, rabbitmq: str) -> None:
    for setting in (*PASSWORDS, *SECRETS):
        folder.secret(file_of(setting))
    password = folder.secret("postgres-password")
    folder.keep("database-url", f"postgresql://postgres:{password}@{postgres}:5432/postgres")
    for owner in OWNERS:
        address = f"{owner}:{secrets.token_urlsafe(18)}@{postgres}:5432/{owner}"
        folder.keep(f"{owner}-database-url", f"postgresql://{address}")
    broker = folder.secret("rabbitmq-password")
    folder.keep("rabbitmq-conf", f"default_user = {USER}\ndefault_pass = {broker}\n")
    folder.keep("amqp-url", f"amqp://{USER}:{broker}@{rabbitmq}:5672//")


if __name__ == "__main__":
    make(
        Folder(Path(sys.argv[1])), os.environ.get("POSTGRES_HOST", "postgres"),
        os.environ.get("RABBITMQ_HOST", "rabbitmq"),
    )
