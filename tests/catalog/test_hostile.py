"""Files that mean harm, through the front door: a clear refusal, bounded memory, service alive."""

import io
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from services.catalog.importers import ImportRefused, Options, apart

pytestmark = pytest.mark.slow

MEMORY_MIB = 300


def xml_bomb() -> bytes:
    levels = b"".join(
        b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1) if n else b"ha") * 10) for n in range(20))
    return b'<?xml version="1.0"?><!DOCTYPE l [' + levels + b"]><schedule>&a19;</schedule>"


def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(400):
                sheet.write(b"<row>" + b" " * 1_000_000)
    return packed.getvalue()


FILES = {
    "bomb.xml": xml_bomb,
    "entity.xml": lambda: b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><s>&x;</s>',
    "bomb.xlsx": zip_bomb,
    "cell.csv": lambda: b"Titre;Date;Heure\n" + b"x" * 10_000_000 + b";18.06.2027;20:00\n",
    "quote.csv": lambda: b'Titre;Date;Heure\n"' + b"x;y\n" * 2_000_000,
    "noise.csv": lambda: os.urandom(15_000_000),
    "deep.json": lambda: b"[" * 200_000 + b"]" * 200_000,
    "wide.json": lambda: b'{"a":[' + b'{"title":"x"},' * 1_100_000 + b"{}]}",
    "rows.csv": lambda: b"Titre;Date;Heure;Lieu\n" + b"".join(
        b"Film %d;18.06.2027;%02d:%02d;Lieu %d\n" % (n, n % 14 + 9, n % 60, n % 50)
        for n in range(45_000)),
    "cut.xlsx": lambda: zip_bomb()[:2_000],
    "wrong.ics": lambda: b"\x89PNG\r\n\x1a\n" + bytes(1_000),
}


@pytest.fixture(scope="module")
def memory(festival) -> Iterator[None]:
    """Of a process that has done nothing but this."""
    festival.stop_process("catalog")
    festival.start_process("catalog")
    festival.wait_ready()
    yield
    lines = Path(f"/proc/{festival.running['catalog'].pid}/status").read_text().splitlines()
    (peak,) = [int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")]
    print(f"\npeak memory of the catalog process: {peak} MiB")
    assert peak < MEMORY_MIB


def upload(festival, name: str, content: bytes) -> requests.Response:
    headers = {"Authorization": f"Bearer {festival.token()}"}
    return requests.post(f"{festival.gateway}/v1/imports", headers=headers, timeout=60,
                         files={"file": (name, content)})


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_and_the_service_lives(festival, memory, name: str) -> None:
    answer = upload(festival, name, FILES[name]())
    assert (answer.status_code, answer.json()["code"]) == (422, "IMPORT_REFUSED")
    assert len(answer.json()["detail"]) > 20
    started = time.monotonic()
    checks = requests.get(f"{festival.gateway}/ready", timeout=10).json()["checks"]
    assert checks["catalog"] == "ok" and time.monotonic() - started < 5


def test_a_file_that_is_too_large_does_not_pass_the_gateway(festival, memory) -> None:
    try:
        answer = upload(festival, "huge.csv", b"a;b\n" * 7_000_000)
    except requests.ConnectionError:
        return  # hung up on, in the middle of it
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


def test_reading_has_a_bound_on_memory() -> None:
    content = b"Titre;Date;Heure\n" + b"A;18.06.2027;20:00\n" * 1_000_000
    with pytest.raises(ImportRefused) as refusal:
        apart.read(content[:19_000_000], "a.csv", "auto", None, Options(max_rows=2_000_000))
    assert refusal.value.reason == "TOO_COMPLEX"


def test_reading_has_a_bound_on_time(monkeypatch) -> None:
    monkeypatch.setattr(apart, "TIMEOUT_S", 0)
    content = b"Titre;Date;Heure\n" + b"A;18.06.2027;20:00\n" * 30_000
    with pytest.raises(ImportRefused) as refusal:
        apart.read(content, "a.csv", "auto", None, Options())
    assert refusal.value.reason == "TOO_SLOW"
