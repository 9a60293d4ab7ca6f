"""The printed Z report says what its frozen content says."""

import copy
import io

import pytest
from pypdf import PdfReader

from services.accounting.reports.z_report import ZReport, z_report_pdf
from services.accounting.reports.z_report_labels import LABELS

CONTENT: ZReport = {
    "z_number": 7, "register": "Caisse 1", "sale_point": "Cinéma <b>Capitole</b>",
    "currency": "CHF",
    "opened_at": "2026-11-21T12:30:00Z", "opened_by": "Chloé Favre",
    "closed_at": "2026-11-21T23:10:00Z", "closed_by": "Marc Dubois",
    "counted": True, "opening_float": 20000,
    "tenders": [
        {"tender": "cash", "expected": 84550, "counted": 84350, "difference": -200},
        {"tender": "wallet", "expected": 12300, "counted": None, "difference": 0},
        {"tender": "shells", "expected": 1, "counted": 1, "difference": 0},
    ],
    "reason": "Pièce de 2 francs rendue en trop",
    "gross": 388850, "net": 377070,
    "vat": [
        {"code": "opted", "rate_bp": 260, "gross": 350000, "net": 341131, "vat": 8869},
        {"code": "normal", "rate_bp": 810, "gross": 38850, "net": 35939, "vat": 2911},
    ],
    "float_operations": [
        {"at": "2026-11-21T17:00:00Z", "type": "debit", "amount": 50000, "by": "Marc Dubois",
         "comment": "Au coffre"},
        {"at": "2026-11-21T17:05:00Z", "type": "debit_error", "amount": 1000,
         "by": "Marc Dubois", "comment": ""},
    ],
    "sales_count": 214, "first_receipt": "1-000981", "last_receipt": "1-001194",
    "grand_total": 123_888_850, "previous_hash": "ab" * 32, "hash": "cd" * 32,
}


def printed(content: ZReport, language: str = "fr") -> str:
    """The text of all pages, every kind of white space as one space."""
    pages = PdfReader(io.BytesIO(z_report_pdf(content, language))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("Clôture de caisse", "Z n° 7", "Espèces", "Attendu", "Erreur de débit")),
        ("de", ("Kassenabschluss", "Z Nr. 7", "Bargeld", "Soll", "Entnahmefehler")),
        ("it", ("Chiusura di cassa", "Z n. 7", "Contanti", "Atteso", "Errore di debito")),
        ("en", ("Register closing", "Z no. 7", "Cash", "Expected", "Debit error")),
    ],
)
def test_every_figure_is_printed_in_each_language(language, words):
    text = printed(CONTENT, language)
    for expected in (
        *words, "Caisse 1", "Cinéma <b>Capitole</b>", "21.11.2026 13:30", "22.11.2026 00:10",
        "845.50", "843.50", "−2.00", "123.00 – 0.00", "shells", "Pièce de 2 francs",
        "2.6 % 3’500.00 3’411.31 88.69", "8.1 % 388.50 359.39 29.11", "3’888.50 3’770.70 117.80",
        "200.00", "−500.00", "Au coffre", "214", "1-000981 … 1-001194", "CHF 1’238’888.50",
        "ab" * 32, "cd" * 32,
    ):
        assert expected in text
    assert LABELS[language]["not_counted"] not in text


def test_an_ordinary_day_is_one_page_and_a_long_one_has_numbered_pages():
    assert len(PdfReader(io.BytesIO(z_report_pdf(CONTENT, "fr"))).pages) == 1
    long = copy.deepcopy(CONTENT)
    long["float_operations"] *= 40
    pages = PdfReader(io.BytesIO(z_report_pdf(long, "fr"))).pages
    assert len(pages) > 1
    assert f"1 / {len(pages)}" in pages[0].extract_text()
    assert "Signature" in pages[-1].extract_text()


def test_a_closing_nobody_counted_cannot_pass_for_a_counted_one():
    assert "NON COMPTÉE" in printed(CONTENT | {"counted": False})


def test_the_first_z_of_a_register_may_be_empty():
    empty = {
        "sales_count": 0, "first_receipt": None, "last_receipt": None, "previous_hash": None,
        "vat": [], "tenders": [], "float_operations": [], "reason": None, "gross": 0, "net": 0,
    }
    text = printed(CONTENT | empty)
    assert "Session sans vente" in text and "premier Z de la caisse" in text
    assert "None" not in text


def test_every_language_has_every_word():
    for labels in LABELS.values():
        assert all(labels.values())
