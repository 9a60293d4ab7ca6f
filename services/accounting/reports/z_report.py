"""The Z report on paper, from its frozen content and from nothing else."""

from datetime import datetime
from pathlib import Path
from typing import NoReturn, TypedDict
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from services.accounting.reports.table import Language, decimal_text
from services.accounting.reports.z_report_labels import LABELS

_TEMPLATES = Path(__file__).parent / "templates"


class TenderCount(TypedDict):
    tender: str  # cash, card, twint …
    expected: int
    counted: int | None  # None when nothing of it is counted, such as wallet
    difference: int  # counted − expected


class VatTotal(TypedDict):
    code: str
    rate_bp: int | None  # 810 = 8.1 %; None when excluded from VAT
    gross: int
    net: int
    vat: int


class FloatOperation(TypedDict):
    at: str
    type: str  # credit, debit, credit_error, debit_error
    amount: int  # positive; the type says the sign
    by: str
    comment: str


class ZReport(TypedDict):
    """Frozen at closing. Amounts are centimes of `currency`, instants ISO 8601 with offset."""

    z_number: int
    register: str
    sale_point: str
    currency: str
    opened_at: str
    opened_by: str
    closed_at: str
    closed_by: str
    counted: bool  # False: closed automatically, nobody counted
    opening_float: int
    tenders: list[TenderCount]
    reason: str | None  # of a difference, in the cashier's words
    gross: int
    net: int
    vat: list[VatTotal]
    float_operations: list[FloatOperation]
    sales_count: int
    first_receipt: str | None
    last_receipt: str | None
    grand_total: int  # of the register, since ever, never reset
    previous_hash: str | None  # None on the register's first Z
    hash: str


class _NoFetching(URLFetcher):
    def fetch(self, url: str, headers: dict[str, str] | None = None) -> NoReturn:
        raise FatalURLFetchingError(f"a Z report fetches nothing, not even {url[:80]}")


def _money(cents: int | None) -> str:
    """`1’234.05`; a dash where nothing was counted."""
    if cents is None:
        return "–"
    units, decimals = decimal_text(cents).split(".")
    sign, units = ("−" if cents < 0 else ""), units.lstrip("-")
    return f"{sign}{int(units):,}.{decimals}".replace(",", "’")


def _rate(basis_points: int | None) -> str:
    return "–" if basis_points is None else f"{basis_points / 100:.1f} %"


def _instant(iso: str, zone: str) -> str:
    return datetime.fromisoformat(iso).astimezone(ZoneInfo(zone)).strftime("%d.%m.%Y %H:%M")


_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {"money": _money, "rate": _rate, "instant": _instant}


def z_report_pdf(content: ZReport, language: Language, zone: str = "Europe/Zurich") -> bytes:
    """A4 pages a cashier can sign; instants are shown on the clock of `zone`."""
    fonts = FontConfiguration()
    fetcher = _NoFetching()
    html = _environment.get_template("z_report.html").render(
        z=content, label=LABELS[language], language=language, zone=zone
    )
    style = CSS(filename=_TEMPLATES / "z_report.css", url_fetcher=fetcher, font_config=fonts)
    return HTML(string=html, url_fetcher=fetcher).write_pdf(stylesheets=[style], font_config=fonts)
