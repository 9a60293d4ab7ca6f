"""One printable ticket, signed with a throw-away key; every field can be given."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts import ticket_code
from contracts.money import Money
from services.ticketing.documents import TicketDocument


@pytest.fixture(scope="session")
def private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def make_ticket(private_key):
    def make(**given) -> TicketDocument:
        code = ticket_code.new_code()
        fields = {
            "kind": "single",
            "title": "Les Reines du drame",
            "subtitle": "Alexis Langlois, France/Belgique 2024",
            "starts_at": datetime(2026, 11, 21, 19, 30, tzinfo=UTC),
            "venue": "Cinéma Capitole",
            "room": "Salle 2",
            "holder": "Anne-Sophie Müller",
            "tariff": "Plein tarif",
            "price": Money(1650),
            "vat": "TVA 2.6 % incluse: CHF 0.42",
            "order_number": "2026-000123",
            "code": code,
            "qr_text": ticket_code.sign(code, 1, 1, private_key),
            "organiser": "Festival du film",
            "sale_point": "Caisse centrale",
            "rules": "Les portes ouvrent 30 minutes avant.\nPlaces non numérotées.",
        }
        return TicketDocument(**(fields | given))

    return make
