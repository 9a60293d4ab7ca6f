"""Ticketing's bus doors."""

from contracts import accounting, catalog, identity, wallet
from contracts import ticketing as say
from services.chassis.entrypoints import Service, every, on, ping, read, write
from services.ticketing.queries import drift, entry, tickets
from services.ticketing.queries import orders as order_queries
from services.ticketing.usecases import (
    bookings,
    checkins,
    mails,
    orders,
    payments,
    programme,
    refunds,
    register_sessions,
    releases,
)


class TicketingService(Service):
    name = "ticketing"
    ping = ping()

    place_order = write(say.PlaceOrder, orders.place_order)
    extend_hold = write(say.ExtendHold, orders.extend_hold)
    cancel_order = write(say.CancelOrder, orders.cancel_order)
    pay_order = write(say.PayOrder, payments.pay_order)
    resend_confirmation = write(say.ResendConfirmation, mails.resend_confirmation)
    refund_order = write(say.RefundOrder, refunds.refund_order)
    handle_payment_webhook = write(say.HandlePaymentWebhook, payments.handle_webhook)
    book_screening = write(say.BookScreening, bookings.book_screening)
    cancel_booking = write(say.CancelBooking, bookings.cancel_booking)
    release_bookings = write(say.ReleaseBookings, releases.release_bookings)
    undo_release = write(say.UndoRelease, releases.undo_release)
    check_in = write(say.CheckIn, checkins.check_in)

    get_order = read(say.GetOrder, order_queries.get_order)
    list_mails = read(say.ListMails, order_queries.list_mails)
    list_refunds = read(say.ListRefunds, order_queries.list_refunds)
    list_orders = read(say.ListOrders, order_queries.list_orders)
    get_ticket = read(say.GetTicket, tickets.get_ticket)
    list_tickets = read(say.ListTickets, tickets.list_tickets)
    get_bookability = read(say.GetBookability, tickets.get_bookability)
    get_availability = read(say.GetAvailability, entry.get_availability)
    get_attendance = read(say.GetAttendance, entry.get_attendance)

    on_screening = on(catalog.ScreeningPublished, programme.keep_screening)
    on_screening_cancelled = on(catalog.ScreeningCancelled, programme.cancel_screening)
    on_ticket_type = on(catalog.TicketTypeChanged, programme.keep_ticket_type)
    on_vat_code = on(catalog.VatCodeChanged, programme.keep_vat_code)
    on_sale_point = on(identity.SalePointChanged, programme.keep_sale_point)
    on_session_opening = on(accounting.RegisterSessionOpening, register_sessions.open_session)
    on_session_closing = on(accounting.RegisterSessionClosing, register_sessions.close_session)
    on_session_closed = on(accounting.RegisterSessionClosed, register_sessions.seal_session)
    # Most debits are a bar's: those are let go at once.
    on_wallet_debited = on(
        wallet.WalletDebited, payments.capture_wallet,
        concerns=lambda debit: debit.get("payment_id") is not None,
    )
    on_wallet_declined = on(wallet.WalletDebitDeclined, payments.decline_wallet)

    release_expired_holds = every(2, orders.release_expired_holds)
    decline_expired_payments = every(20, payments.decline_expired_payments)
    report_drift = every(300, drift.report_drift)
