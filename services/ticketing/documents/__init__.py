"""Tickets as people hold them: a PDF page each, and their QR codes. Pure: no database, no bus."""

from services.ticketing.documents.document import TicketDocument
from services.ticketing.documents.qr import qr_png, qr_svg
from services.ticketing.documents.render import Layout, ticket_pdf

__all__ = ["Layout", "TicketDocument", "qr_png", "qr_svg", "ticket_pdf"]
