"""Hostile and damaged files of every format: a reading or a refusal, in bounded memory."""

import io
import json
import subprocess
import sys
import textwrap
from datetime import UTC, date, time
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.importers import FORMATS, ImportRefused, Options, detect, read

OPTIONS = Options(first_day=date(2026, 7, 2), day_cutoff=time(5), max_rows=2000)


def _workbook():
    book = openpyxl.Workbook()
    book.active.append(["Title", "Date", "Time", "Venue"])
    book.active.append(["A", date(2026, 7, 3), time(20), "Rex"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


SEEDS = {
    "csv": b"title;date;time;venue\nA;3.7.2026;20:00;Rex\n",
    "xlsx": _workbook(),
    "icalendar": b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:A\nDTSTART:20260703T180000Z\n"
                 b"RRULE:FREQ=WEEKLY;COUNT=3\nLOCATION:Rex\nEND:VEVENT\nEND:VCALENDAR\n",
    "schedule": b'<schedule><conference><acronym>c</acronym></conference><day date="2026-07-03">'
                b'<room name="Rex"><event guid="1"><start>20:00</start><duration>1:00</duration>'
                b"<title>A</title></event></room></day></schedule>",
    "eventival": b"<screenings><screening><id>1</id><start>2026-07-03 20:00:00</start>"
                 b"<venue_id>5</venue_id><film><id>7</id><title_english>A</title_english></film>"
                 b"</screening></screenings>",
    "xmltv": b'<tv><programme start="20260703200000 +0200" channel="k"><title>A</title>'
             b"</programme></tv>",
    "jsonld": b'{"@context": "https://schema.org", "@type": "Event", "name": "A", "startDate": '
              b'"2026-07-03T20:00", "location": {"@type": "Place", "name": "Rex"}}',
    "fiona": b'[{"id": "1", "fullTitle": "A", "startOn": "2026-07-03T18:00:00", "location": '
             b'{"id": "L", "description": "Rex"}, "showparts": [{"film": {"id": "f"}}]}]',
    "json": b'[{"title": {"fr": "A"}, "shows": [{"start": "2026-07-03T20:00", "venue": "Rex"}]}]',
    "xml": b'<x><e id="1"><title lang="fr">A</title><start>2026-07-03 20:00</start></e><e/></x>',
    "clashfinder": b'timezone = UTC\nact = {"start": "2026-07-03 20:00", "act": "A"}\n',
}


def reads_or_refuses(data, kind="auto"):
    try:
        reading = read(data, "x", kind, options=OPTIONS)
    except ImportRefused as refused:
        assert refused.reason.isupper() and refused.detail.endswith((".", "?"))
        return
    assert all(s.starts_at.tzinfo is UTC for s in reading.screenings)
    assert len({s.ref for s in reading.screenings}) == len(reading.screenings)


def test_every_format_has_a_seed_and_is_recognised_by_content():
    assert SEEDS.keys() == FORMATS.keys()
    for kind, data in SEEDS.items():
        assert detect(data, "programme.csv") == kind
        assert len(read(data, "misleading.xlsx").screenings) >= 1, kind


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SEEDS)), st.data())
def test_damaged_files(kind, draw):
    data = bytearray(SEEDS[kind])
    for _ in range(draw.draw(st.integers(1, 6))):
        at = draw.draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw.draw(st.integers(0, 12))
        data[at:at + length] = draw.draw(st.binary(max_size=12) | st.sampled_from(
            [b"<", b">", b'"', b"{", b"[", b"&a;", b":", b"\n", b"0", b"-", b"9999", b"\xff", b",,"]
        ))
    reads_or_refuses(bytes(data))
    reads_or_refuses(bytes(data), kind)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.binary(max_size=300))
def test_any_bytes(kind, data):
    reads_or_refuses(data)
    reads_or_refuses(data, kind)


KEYS = st.sampled_from([
    "title", "name", "id", "start", "date", "time", "end", "end_date", "venue", "room", "film",
    "films", "screenings", "film_id", "days", "events", "fr", "de", "lang", "text", "@type", "@id",
    "subEvent", "startDate", "location", "showparts", "fullTitle", "startOn", "conference", "rooms",
    "2026-07-03", "Rex", "timings", "firstTiming", "lastTiming", "status", "#text", "@key", "",
])
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([
    "2026-07-03", "20:00", "2026-07-03T20:00Z", "1", "A", "Event", "2–9 August 2026, 20:00", "x,y",
    "1783101600", "0001-01-01T00:00", "9999-12-31T23:59-12:00", "1 Jan 1900 - 2 Feb 2200 20:00",
    '{"title": "x"}', "https://schema.org",
])
TREES = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=40,
)


@settings(max_examples=300, deadline=None)
@given(TREES, st.sampled_from(["auto", "json", "jsonld", "fiona", "schedule"]))
def test_any_json(tree, kind):
    reads_or_refuses(json.dumps(tree).encode(), kind)


def _element(tree):
    if isinstance(tree, dict):
        tags = (("".join(c for c in key if c.isalpha()) or "x", value)
                for key, value in tree.items())
        return "".join(f"<{tag}>{_element(value)}</{tag}>" for tag, value in tags)
    if isinstance(tree, list):
        return "".join(f"<item>{_element(one)}</item>" for one in tree)
    return "".join(c for c in str(tree) if c.isalnum() or c in " -:–,.")


@settings(max_examples=200, deadline=None)
@given(TREES, st.sampled_from(["xml", "schedule", "eventival", "xmltv"]),
       st.sampled_from(["x", "screenings", "films", "schedule", "tv"]))
def test_any_xml(tree, kind, root):
    data = f"<{root}>{_element(tree)}</{root}>".encode()
    reads_or_refuses(data)
    reads_or_refuses(data, kind)


LARGE = """
import io, sys, zipfile
from services.catalog.importers import ImportRefused, read
M = 1024 * 1024
def packed():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        with package.open("xl/sharedStrings.xml", "w") as part:
            part.write(b"<sst>" + b"<si/>" * (15 * M) + b"</sst>")
    return stream.getvalue()
for make in (
    lambda: b"x" * (100 * M),
    lambda: b'[{"title":"' + b"x" * (10 * M) + b'"}]',
    lambda: b"title;date\\n" + b"x" * (10 * M),
    lambda: b"<a><title>" + b"x" * (10 * M) + b"</title></a>",
    lambda: b"[" * (10 * M),
    lambda: b"[" + b"{}," * (6 * M) + b"{}]",
    lambda: b"[" + b'{"title":"a","start":"2026-07-03T20:00"},' * 200_000 + b"{}]",
    lambda: b"<a>" + b"<b/>" * (4 * M) + b"</a>",
    lambda: b"<a>" + b"<b><title>x</title></b>" * 150_000 + b"</a>",
    lambda: b"BEGIN:VCALENDAR\\n" + b"BEGIN:VEVENT\\nUID:1\\nEND:VEVENT\\n" * 400_000,
    lambda: b"BEGIN:VCALENDAR\\nBEGIN:VEVENT\\nA" + b";B=,," * 200_000,
    packed,
):
    try:
        read(make(), "x")
        sys.exit("was read")
    except ImportRefused as refused:
        print(refused.reason)
# Not ru_maxrss: that one begins with the size of the process that started this one.
print(next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if "VmHWM" in line))
"""


@pytest.mark.slow
def test_large_files_are_refused_within_300_megabytes():
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LARGE)], cwd=Path(__file__).parents[3],
        capture_output=True, text=True, timeout=110, check=False,
    )
    assert done.returncode == 0, done.stderr
    *reasons, peak = done.stdout.split()
    assert set(reasons) <= {
        "TOO_LARGE", "CELL_TOO_LONG", "TOO_MANY_VALUES", "TOO_MANY_ROWS", "TOO_DEEP",
        "NO_TITLE_COLUMN", "NO_RECORDS",
    }
    assert int(peak) < 300
