"""Tickets as PDF: any number in one file, a page each, in the order given."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from contracts.ticket_code import grouped
from services.ticketing.documents import texts
from services.ticketing.documents.document import TicketDocument
from services.ticketing.documents.qr import qr_svg

_TEMPLATES = Path(__file__).parent / "templates"


class Layout(StrEnum):
    """How tickets lie on paper: each is a template and a style sheet of that name."""

    A4 = "a4"


class NoFetching(URLFetcher):
    """A ticket needs nothing but its own text; whatever asks for more is an attack or a fault."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> NoReturn:
        raise FatalURLFetchingError(f"a ticket fetches nothing, not even {url[:80]}")


def _title_size(title: str) -> str:
    """The CSS class that lets a title of any length stay inside its box."""
    return "short" if len(title) <= 32 else "medium" if len(title) <= 80 else "long"


_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals |= {
    "date_text": texts.date_text,
    "time_text": texts.time_text,
    "night_text": texts.night_text,
    "price_text": texts.price_text,
    "title_size": _title_size,
    "qr_svg": lambda text: Markup(qr_svg(text)),
    "grouped": grouped,
}


def ticket_html(
    tickets: Sequence[TicketDocument], language: texts.Language, layout: Layout = Layout.A4
) -> str:
    """The page source that `ticket_pdf` prints, every text of a ticket escaped."""
    template = _environment.get_template(f"{layout}.html")
    return template.render(tickets=tickets, language=language, label=texts.LABELS[language])


def ticket_pdf(
    tickets: Sequence[TicketDocument], language: texts.Language, layout: Layout = Layout.A4
) -> bytes:
    """One PDF with one page per ticket, in the order given; ValueError when there is none."""
    if not tickets:
        raise ValueError("no ticket to print")
    fonts = FontConfiguration()
    fetcher = NoFetching()
    style = CSS(filename=_TEMPLATES / f"{layout}.css", url_fetcher=fetcher, font_config=fonts)
    page = HTML(string=ticket_html(tickets, language, layout), url_fetcher=fetcher)
    return page.write_pdf(stylesheets=[style], font_config=fonts)
