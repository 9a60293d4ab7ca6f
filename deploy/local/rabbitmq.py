"""A private RabbitMQ node, with an Erlang port mapper of its own."""

import os
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.local.console import Failure
from deploy.local.daemon import Daemon
from deploy.local.envfile import EnvFile
from deploy.local.ports import HOST, Ports, require_free

MIN_VERSION = (3, 10)
# Debian's rabbitmq-server on PATH is a wrapper that changes to the system's account and folders.
DEBIAN_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
START_SECONDS = 90

CONFIG = """\
listeners.tcp.local = {host}:{port}
default_user = festival
default_pass = {password}
default_vhost = festival
disk_free_limit.absolute = 50MB
# The quorum queues' log is allocated in files of this size; the default is 512 MB.
raft.wal_max_size_bytes = 64000000
log.console = false
log.file.level = info
"""


@dataclass(frozen=True)
class RabbitMQ:
    """One node with its data in `directory`, on 127.0.0.1:`ports.amqp`, vhost `festival`."""

    directory: Path
    ports: Ports
    secrets: EnvFile
    private = True

    @property
    def url(self) -> str:
        password = self.secrets.secret("RABBITMQ_PASSWORD")
        return f"amqp://festival:{password}@{HOST}:{self.ports.amqp}/festival"

    @property
    def log(self) -> Path:
        return self.directory.parent / "logs" / "rabbitmq.log"

    @property
    def running(self) -> bool:
        return self._node.pid is not None

    @property
    def died(self) -> bool:
        """Whether it ended without having been stopped."""
        return self._node.died

    @property
    def _node(self) -> Daemon:
        return Daemon("RabbitMQ", self.directory.parent / "run" / "rabbitmq.pid")

    @property
    def _mapper(self) -> Daemon:
        return Daemon("epmd", self.directory.parent / "run" / "epmd.pid")

    def start(self) -> None:
        """Start, and return when it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """The part of `start` that does not wait."""
        if self.running:
            return
        require_free(self.ports.amqp, "RabbitMQ", "RABBITMQ_PORT")
        require_free(self.ports.distribution, "RabbitMQ", "RABBITMQ_DISTRIBUTION_PORT")
        self._write_configuration()
        env = self._environment()
        if not self._mapper.pid:
            require_free(self.ports.epmd, "RabbitMQ's epmd", "RABBITMQ_EPMD_PORT")
            mapper = ["epmd", "-address", HOST, "-port", str(self.ports.epmd)]
            self._mapper.start(mapper, self.log, env)
        self._node.start([_script("rabbitmq-server")], self.log, env)

    def wait(self) -> None:
        """Return when the node answers; Failure when it does not in time."""
        deadline = time.monotonic() + START_SECONDS
        while not amqp_version(HOST, self.ports.amqp):
            if not self.running or time.monotonic() > deadline:
                self.stop()
                raise Failure("RabbitMQ did not start.", self.log)
            time.sleep(0.2)

    def stop(self) -> None:
        """Shut down cleanly, port mapper included."""
        self._node.stop()
        self._mapper.stop()

    def kill(self) -> None:
        """End it as a crash would."""
        self._node.kill()

    def remove(self) -> None:
        """Stop, and delete the data for good."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl against this node; its output."""
        done = subprocess.run(
            [_script("rabbitmqctl"), "--quiet", *arguments],
            env=self._environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode:
            reason = (done.stderr or done.stdout).strip()
            raise Failure(f"rabbitmqctl {arguments[0]} failed: {reason}")
        return done.stdout

    def version(self) -> str:
        found = amqp_version(HOST, self.ports.amqp)
        return ".".join(map(str, found)) if found else "unknown"

    def _write_configuration(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        password = self.secrets.secret("RABBITMQ_PASSWORD")
        config = self.directory / "rabbitmq.conf"
        config.touch(mode=0o600)
        config.write_text(CONFIG.format(host=HOST, port=self.ports.amqp, password=password))
        (self.directory / "enabled_plugins").write_text("[].\n")

    def _environment(self) -> dict[str, str]:
        home = str(self.directory.absolute())
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": home,  # the Erlang cookie is made and kept there
            "RABBITMQ_NODENAME": "festival@localhost",
            "RABBITMQ_MNESIA_BASE": f"{home}/data",
            "RABBITMQ_LOG_BASE": f"{home}/log",
            "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{home}/advanced.config",
            "RABBITMQ_CONF_ENV_FILE": f"{home}/no-such-file",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/enabled_plugins",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{home}/generated",
            "RABBITMQ_DIST_PORT": str(self.ports.distribution),
            "ERL_EPMD_PORT": str(self.ports.epmd),
            "ERL_EPMD_ADDRESS": HOST,
            # Erlang's schedulers spin for a while before they sleep, which on a machine shared
            # with everything else takes the processor from those who have work.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS":
                "-kernel inet_dist_use_interface {127,0,0,1}"
                " +sbwt none +sbwtdcpu none +sbwtdio none",
            # Makes the script become the node instead of watching over it, so that the process
            # we know is the node; nothing else depends on it.
            "RUNNING_UNDER_SYSTEMD": "true",
        }


def installed() -> bool:
    """Whether the server is on this machine."""
    try:
        _script("rabbitmq-server")
    except Failure:
        return False
    return True


def amqp_version(host: str, port: int) -> tuple[int, ...] | None:
    """The version of the broker that answers there, None when none does (yet)."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            # Connection.Start is the broker's first frame and carries its properties.
            greeting = connection.recv(4096)
    except OSError:
        return None
    found = re.search(rb"versionS....(\d+(?:\.\d+)*)", greeting, re.DOTALL)
    return tuple(map(int, found[1].split(b"."))) if found else None


def _script(name: str) -> str:
    script = DEBIAN_SCRIPTS / name
    found = str(script) if script.exists() else shutil.which(name)
    if not found:
        raise Failure("RabbitMQ is not installed.")
    return found
