"""The tickets' PDF: read back as text, and its QR codes by a scanner from the rendered pages."""

import io
import subprocess

import pytest
from pypdf import PdfReader
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError

from contracts import ticket_code
from contracts.money import Money
from services.ticketing.documents import render, ticket_pdf
from services.ticketing.documents.texts import LANGUAGES

DATES = {
    "fr": ("samedi 21 novembre 2026", "20 h 30", "Valable pour une entrée"),
    "de": ("Samstag, 21. November 2026", "20.30 Uhr", "Gültig für einen Eintritt"),
    "it": ("sabato 21 novembre 2026", "ore 20.30", "Valido per un ingresso"),
    "en": ("Saturday 21 November 2026", "20:30", "Admits one, once"),
}


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page, every kind of white space as one space."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def scanned(pdf: bytes, folder) -> list[str]:
    """The QR code of each page, as a scanner reads it at 110 dots per inch."""
    (folder / "tickets.pdf").write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-gray", "-r", "110", "tickets.pdf", "page"], cwd=folder, check=True
    )
    found = []
    for picture in sorted(folder.glob("page*.pgm")):
        scan = subprocess.run(
            ["zbarimg", "--quiet", "--raw", picture], capture_output=True, text=True, check=True
        )
        found.append(scan.stdout.strip())
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_what_is_bought_in_each_language(make_ticket, language):
    ticket = make_ticket(price=Money(125_050))
    [text] = pages_of(ticket_pdf([ticket], language))
    for expected in (
        ticket.title, ticket.subtitle, ticket.venue, ticket.room, ticket.holder, ticket.tariff,
        ticket.vat, ticket.order_number, ticket.organiser, ticket.sale_point,
        "CHF 1’250.50", "Places non numérotées.", ticket_code.grouped(ticket.code),
        *DATES[language],
    ):
        assert expected.casefold() in text.casefold()


def test_the_document_names_its_language_and_organiser(make_ticket):
    reader = PdfReader(io.BytesIO(ticket_pdf([make_ticket()], "it")))
    assert reader.root_object["/Lang"] == "it"
    assert reader.metadata.author == "Festival du film"


def test_every_page_scans_as_its_own_ticket(make_ticket, private_key, tmp_path):
    tickets = [make_ticket(), make_ticket(kind="pass", starts_at=None), make_ticket(holder=None)]
    texts = scanned(ticket_pdf(tickets, "fr"), tmp_path)
    assert texts == [ticket.qr_text for ticket in tickets]
    public_keys = {1: private_key.public_key()}
    assert [ticket_code.read(text, public_keys).code for text in texts] == [
        ticket.code for ticket in tickets
    ]


@pytest.mark.slow
def test_a_hundred_tickets_are_a_hundred_pages_in_order(make_ticket):
    tickets = [make_ticket(order_number=f"2026-{number:06d}") for number in range(100)]
    pages = pages_of(ticket_pdf(tickets, "de"))
    assert len(pages) == 100
    for ticket, page in zip(tickets, pages, strict=True):
        assert ticket.order_number in page
        assert ticket_code.grouped(ticket.code) in page


def test_texts_of_any_length_and_script_stay_on_their_page(make_ticket, tmp_path):
    endless = {
        name: f"{name} " + "très long, " * 400
        for name in ("title", "subtitle", "venue", "room", "tariff", "vat", "organiser", "rules")
    }
    unbreakable = dict.fromkeys(("title", "holder", "order_number", "sale_point"), "W" * 500)
    tickets = [
        make_ticket(**endless, productions=("Un court métrage",) * 50),
        make_ticket(**unbreakable),
        make_ticket(title="Иди и смотри · 東京物語 · Ελλάδα", subtitle="Ñandú, Łódź, Žižek, œuvre"),
    ]
    pdf = ticket_pdf(tickets, "fr")
    pages = pages_of(pdf)
    assert len(pages) == 3
    assert "20 h 30" in pages[0] and "CHF 16.50" in pages[0]
    assert "Иди и смотри" in pages[2] and "Łódź" in pages[2]
    assert scanned(pdf, tmp_path) == [ticket.qr_text for ticket in tickets]


def test_what_is_missing_leaves_no_trace(make_ticket):
    bare = make_ticket(
        kind="pass", price=Money(0), starts_at=None,
        **dict.fromkeys(
            ("subtitle", "venue", "room", "holder", "vat", "sale_point", "rules"), None
        ),
    )
    [text] = pages_of(ticket_pdf([bare], "fr"))
    assert "Abonnement" in text and "À présenter à chaque entrée" in text and "Gratuit" in text
    for absent in ("None", "Titulaire", "Conditions", "Salle"):
        assert absent not in text


def test_a_room_without_its_venue_and_the_reverse(make_ticket):
    pages = pages_of(ticket_pdf([make_ticket(venue=None), make_ticket(room=None)], "fr"))
    assert "Salle 2" in pages[0] and "· Salle" not in pages[0]
    assert "Cinéma Capitole" in pages[1] and "Capitole ·" not in pages[1]


def test_the_programme_of_a_screening_of_several_is_listed(make_ticket):
    ticket = make_ticket(productions=("Fantasmagorie", "Le voyage dans la lune"))
    [text] = pages_of(ticket_pdf([ticket], "fr"))
    assert "Au programme : Fantasmagorie · Le voyage dans la lune" in text


def test_hostile_text_is_printed_not_obeyed(make_ticket):
    hostile = "<img src=http://127.0.0.1:9/x><style>*{display:none}</style>{{ 7*7 }}"
    [text] = pages_of(ticket_pdf([make_ticket(title=hostile, rules=hostile)], "en"))
    assert "<img src=http://127.0.0.1:9/x>" in text
    assert "{{ 7*7 }}" in text
    assert "20:30" in text


@pytest.mark.parametrize(
    "source",
    [
        "<img src=http://127.0.0.1:9/x>",
        "<img src=file:///etc/passwd>",
        "<link rel=stylesheet href=http://127.0.0.1:9/x.css>",
        "<p style='background: url(data:image/png;base64,AAAA)'>x</p>",
    ],
)
def test_nothing_is_fetched_even_if_a_template_asked(source):
    with pytest.raises(FatalURLFetchingError):
        HTML(string=source, url_fetcher=render.NoFetching()).write_pdf()


def test_no_ticket_is_no_document():
    with pytest.raises(ValueError, match="no ticket"):
        ticket_pdf([], "fr")
