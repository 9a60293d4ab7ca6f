"""Sales, tickets and the door as rows; one file per noun."""

from services.ticketing.models.base import LANGUAGE, LOCK, UUIDS, Base, save, text_in
from services.ticketing.models.bookability import find_screening, plan_booking
from services.ticketing.models.checkins import CheckIn
from services.ticketing.models.keys import TicketKey, keys_of
from services.ticketing.models.mails import Mail
from services.ticketing.models.orders import Line, Order, find_order, next_number
from services.ticketing.models.payments import Payment
from services.ticketing.models.places import (
    Share,
    allocate,
    lock_contingents,
    of_screening,
    overbook,
    refused,
)
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
from services.ticketing.models.refunds import Refund, RefundedLine, RefundedPayment
from services.ticketing.models.register_sessions import RegisterSession, next_receipt, not_open
from services.ticketing.models.releases import Release
from services.ticketing.models.tickets import (
    Booking,
    Ticket,
    Window,
    find_ticket,
    plain_code,
)

__all__ = [
    "LANGUAGE",
    "LOCK",
    "SINGLE",
    "UUIDS",
    "Base",
    "Booking",
    "CheckIn",
    "Contingent",
    "Line",
    "Mail",
    "Order",
    "Payment",
    "Refund",
    "RefundedLine",
    "RefundedPayment",
    "RegisterSession",
    "Release",
    "SalePoint",
    "Screening",
    "Seller",
    "Share",
    "Tariff",
    "Ticket",
    "TicketKey",
    "TicketType",
    "VatCode",
    "Window",
    "allocate",
    "find_order",
    "find_screening",
    "find_ticket",
    "keys_of",
    "lock_contingents",
    "next_number",
    "next_receipt",
    "not_open",
    "of_screening",
    "overbook",
    "plain_code",
    "plan_booking",
    "refused",
    "save",
    "text_in",
]
