"""The README's examples, run as they stand against the demo festival."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.running import Festival

README = Path(__file__).parents[2] / "README.md"
LOAD_ENVIRONMENT = 'eval "$(python3 -m deploy.local env)"\n'


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_examples_do_what_they_say(festival: Festival, tmp_path: Path) -> None:
    festival.seed()
    script = "".join(re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL))
    assert LOAD_ENVIRONMENT in script
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(LOAD_ENVIRONMENT, "")],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": os.environ["PATH"], "GATEWAY_URL": festival.gateway,
             "TERMINAL_URL": festival.terminal} | festival.secrets,
    )
    assert done.returncode == 0, done.stderr[-2_000:] + done.stdout[-2_000:]
    assert '"balance":{"amount":3950,"currency":"CHF"}' in done.stdout
    assert done.stdout.rstrip().endswith("True"), done.stdout[-500:]
    for name, start in {"tickets.pdf": b"%PDF-", "sales.xlsx": b"PK"}.items():
        assert (tmp_path / name).read_bytes().startswith(start)
    assert "CHF" in (tmp_path / "festival.journal").read_text()
