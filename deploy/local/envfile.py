"""KEY=value files: the secrets made for this checkout, and a person's own settings."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

# Without letters and digits that people confuse: some of these are typed at a desk.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class EnvFile:
    path: Path

    def read(self) -> dict[str, str]:
        """All pairs of the file; empty when there is none."""
        if not self.path.exists():
            return {}
        lines = (line.strip() for line in self.path.read_text().splitlines())
        pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
        return {key.strip(): value.strip() for key, _, value in pairs}

    def secret(self, name: str) -> str:
        """The secret of that name. First use keeps what the environment says, or makes one."""
        pairs = self.read()
        if name not in pairs:
            pairs[name] = os.environ.get(name) or new_secret()
            self.write(pairs)
        return pairs[name]

    def write(self, pairs: dict[str, str]) -> None:
        """Replace the file; only its owner may read it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text("".join(f"{key}={value}\n" for key, value in pairs.items()))
        partial.replace(self.path)


def new_secret() -> str:
    """About 98 random bits that can be typed and stand in a URL as they are."""
    return "".join(secrets.choice(ALPHABET) for _ in range(20))
