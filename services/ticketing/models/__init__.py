"""Sales, tickets and the door as rows; one file per noun."""

from services.ticketing.models.base import Base
from services.ticketing.models.checkins import CheckIn
from services.ticketing.models.keys import TicketKey, keys_of
from services.ticketing.models.orders import Line, Order
from services.ticketing.models.payments import Payment
from services.ticketing.models.programme import (
    SINGLE,
    Contingent,
    SalePoint,
    Screening,
    Seller,
    Tariff,
    TicketType,
    VatCode,
)
from services.ticketing.models.register_sessions import RegisterSession, next_receipt
from services.ticketing.models.tickets import Booking, Ticket, Window

__all__ = [
    "SINGLE", "Base", "Booking", "CheckIn", "Contingent", "Line", "Order", "Payment",
    "RegisterSession", "SalePoint", "Screening", "Seller", "Tariff", "Ticket", "TicketKey",
    "TicketType", "VatCode", "Window", "keys_of", "next_receipt",
]
