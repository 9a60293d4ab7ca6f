"""The audit pack of a closure: a ZIP file that can be checked without this system."""

import base64
import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from contracts.accounting import ExportAuditPack, GetClosure, ReportDocument
from services.accounting.models import Closure, ZReport
from services.accounting.models.closures import all_closures, journal_csv
from services.accounting.queries.books import get_closure
from services.accounting.queries.scope import snapshot
from services.chassis.unit_of_work import UnitOfWork

VERIFIER = Path(__file__).with_name("verify_audit_pack.py")
ALWAYS = (1980, 1, 1, 0, 0, 0)  # so that the same closure is the same file


def audit_pack(uow: UnitOfWork, query: ExportAuditPack) -> ReportDocument:
    """All closures up to this one, since they are a chain; the journal is this one's."""
    snapshot(uow)
    number = get_closure(uow, GetClosure(closure_id=query.closure_id)).number
    chain = [closure for closure in all_closures(uow.session) if closure.number <= number]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        _add(pack, "closures.json", [_json([_told(closure) for closure in chain])])
        _add(pack, "z_reports.json", [_json(_z_reports(uow, chain[-1]))])
        _add(pack, "journal.csv", journal_csv(uow.session, number))
        _add(pack, "verify.py", [VERIFIER.read_bytes()])
    return ReportDocument(
        content_type="application/zip", filename=f"closure-{number}.zip",
        content=base64.b64encode(out.getbuffer()).decode(),
    )


def _told(closure: Closure) -> dict[str, Any]:
    return {"content": closure.content, "hash": closure.hash, "signature": closure.signature,
            "public_key": closure.public_key}


def _z_reports(uow: UnitOfWork, closure: Closure) -> list[dict[str, Any]]:
    hashes = [report["hash"] for report in closure.content["z_reports"]]
    return [
        {"register_id": str(report.register_id), "number": report.number,
         "content": report.content, "hash": report.hash}
        for report in uow.session.scalars(
            select(ZReport).where(ZReport.hash.in_(hashes))
            .order_by(ZReport.register_id, ZReport.number)
        )
    ]


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False).encode()


def _add(pack: zipfile.ZipFile, name: str, parts: Iterable[bytes]) -> None:
    entry = zipfile.ZipInfo(name, ALWAYS)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with pack.open(entry, "w") as file:
        for part in parts:
            file.write(part)
