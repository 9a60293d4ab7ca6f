"""podman as the container tests use it, and images made where none can be pulled."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "localhost/festival"
BASE = "localhost/debian:bookworm-slim"
SERVERS = {"localhost/postgres": "postgresql", "localhost/rabbitmq": "rabbitmq-server"}
# Given explicitly: where they are inherited, runc may not be allowed to raise them.
LIMITS = ("--ulimit", "nofile=8192:8192", "--ulimit", "nproc=4096:4096")
BUILD_SECONDS = 1200


def podman(*arguments: str, seconds: float = 60, check: bool = True, text: str = "") -> str:
    """What the command says; AssertionError with its complaints when it fails."""
    done = subprocess.run(
        ["podman", "--runtime", "runc", *arguments], input=text, text=True, timeout=seconds,
        capture_output=True, check=False,
    )
    assert not check or done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout if done.returncode == 0 else done.stdout + done.stderr


def exists(image: str) -> bool:
    done = subprocess.run(["podman", "image", "exists", image], check=False)
    return done.returncode == 0


def base_image(folder: Path) -> str:
    """BASE_IMAGE of the environment, or a small Debian made here."""
    if given := os.environ.get("BASE_IMAGE"):
        return given
    if not exists(BASE):
        script = ROOT / "deploy" / "local" / "base-image.sh"
        subprocess.run(["nice", str(script), BASE, str(folder)], check=True, timeout=BUILD_SECONDS)
    return BASE


def build(image: str, file: str, context: Path, *arguments: str) -> None:
    """One image; the certificates of this machine serve the build, and stay out of it."""
    given = os.environ.get("PIP_CERT", "")
    trusted = ["--volume", f"{given}:{given}:ro", "--build-arg", f"PIP_CERT={given}"]
    podman(
        "build", "--format", "docker", "--network", "host", *LIMITS, *(trusted if given else ()),
        "--file", str(ROOT / "deploy" / file), "--tag", image, *arguments, str(context),
        seconds=BUILD_SECONDS,
    )


def server_image(image: str, base: str) -> None:
    """PostgreSQL or RabbitMQ from Debian, started as their official images are."""
    if not exists(image):
        build(image, f"local/{SERVERS[image]}.Dockerfile", ROOT / "deploy" / "local",
              "--build-arg", f"BASE_IMAGE={base}")
