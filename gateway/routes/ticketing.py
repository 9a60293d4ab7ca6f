"""Sales, tickets, bookings and the door."""

from contracts import ticketing as say
from contracts.errors import Code
from contracts.roles import Principal, Role
from gateway.endpoint import PUBLIC, Document, Header, Route, Wait, raw_body

# Ownership (my sale point, my order, my ticket) is checked by ticketing.
SELLERS = (Role.POS, Principal.ESHOP, Principal.HOLDER)
DOOR = (Role.ENTRY_CHECK,)
PDF = Document("application/pdf")

# A wallet answers over the bus: the cashier waits for it, at most two seconds.
PAID = Wait(
    query=lambda order: say.GetOrder(order_id=order["order_id"]),
    until=lambda order: order["state"] != say.OrderState.PAYING,
)

ORDERS = (
    Route("POST", "/v1/orders", say.PlaceOrder, SELLERS, say.OrderView,
          "Hold places and freeze prices", status=201, idempotent=True),
    Route("GET", "/v1/orders", say.ListOrders, SELLERS, say.OrderPage, "Orders, newest first"),
    Route("GET", "/v1/orders/{order_id}", say.GetOrder, SELLERS, say.OrderView, "One order"),
    Route("POST", "/v1/orders/{order_id}/extend", say.ExtendHold, SELLERS, say.OrderView,
          "Hold the places for longer", idempotent=True),
    Route("POST", "/v1/orders/{order_id}/cancel", say.CancelOrder, SELLERS, say.OrderView,
          "Give the places back", idempotent=True),
    Route("POST", "/v1/orders/{order_id}/payments", say.PayOrder, SELLERS, say.OrderView,
          "Pay all or a part; 202 while a wallet is still being asked",
          status=201, idempotent=True, wait=PAID),
    Route("POST", "/v1/orders/{order_id}/refunds", say.RefundOrder, (Role.REFUND,),
          say.CreditNoteView, "Give back places, money or both, by line: a credit note",
          status=201, idempotent=True),
    Route("GET", "/v1/orders/{order_id}/refunds", say.ListRefunds, SELLERS, say.CreditNoteList,
          "The credit notes of an order"),
    Route("POST", "/v1/orders/{order_id}/mails", say.ResendConfirmation, (Role.POS,),
          say.MailView, "Mail the tickets of a paid order once more", status=201,
          idempotent=True),
    Route("GET", "/v1/orders/{order_id}/mails", say.ListMails, (Role.POS,), say.MailList,
          "What was mailed about an order, and what became of it"),
    Route("POST", "/v1/webhooks/payments", say.HandlePaymentWebhook, PUBLIC, say.PaymentView,
          "What the payment provider says, signed by it", body="raw",
          given={"body": raw_body,
                 "signature": Header("X-Payment-Signature", absent=Code.WEBHOOK_SIGNATURE)}),
    Route("GET", "/v1/orders/{order_id}/tickets.pdf", say.TicketsPdf, SELLERS, PDF,
          "The tickets of a paid order, a page each", limit="document", timeout_s=60),
)

TICKETS = (
    Route("GET", "/v1/tickets", say.ListTickets, (*SELLERS, Role.ENTRY_CHECK), say.TicketPage,
          "Tickets of a screening or an order, or found by code"),
    Route("GET", "/v1/tickets/{ticket_id}", say.GetTicket, (*SELLERS, Role.ENTRY_CHECK),
          say.TicketView, "One ticket or pass"),
    Route("POST", "/v1/tickets/pdf", say.TicketsPdfByIds, (Role.POS,), PDF,
          "Any tickets in one file, in the order given", limit="document", timeout_s=120),
    Route("GET", "/v1/tickets/{ticket_id}/qr.svg", say.TicketQr, SELLERS,
          Document("image/svg+xml"), "The QR code of a ticket, as SVG",
          given={"format": say.QrFormat.SVG.value}, limit="document"),
    Route("GET", "/v1/tickets/{ticket_id}/qr.png", say.TicketQr, SELLERS,
          Document("image/png"), "The QR code of a ticket, as PNG",
          given={"format": say.QrFormat.PNG.value}, limit="document"),
    Route("GET", "/v1/tickets/{ticket_id}/bookability", say.GetBookability, SELLERS,
          say.BookabilityView, "May this pass book that screening, and if not, every reason"),
    Route("POST", "/v1/tickets/{ticket_id}/bookings", say.BookScreening, SELLERS,
          say.BookingView, "Book a place on a pass", status=201, idempotent=True),
    Route("DELETE", "/v1/bookings/{booking_id}", say.CancelBooking, SELLERS, say.BookingView,
          "Cancel a booking"),
)

LISTS = (
    Route("GET", "/v1/screenings/{screening_id}/tickets.csv", say.TicketsCsv, (Role.POS,),
          Document("text/csv"), "Everybody who has a place in a screening", limit="document",
          timeout_s=60),
)

RELEASES = (
    Route("POST", "/v1/screenings/{screening_id}/release", say.ReleaseBookings, (Role.ADMIN,),
          say.ReleaseView, "Free the places of passes that were not scanned: dry_run, then token",
          idempotent=True),
    Route("POST", "/v1/releases/{token}/undo", say.UndoRelease, (Role.ADMIN,), say.ReleaseView,
          "Give the bookings back, while places are left", idempotent=True),
)

ENTRY = (
    Route("POST", "/v1/checkins", say.CheckIn, DOOR, say.CheckInView,
          "Scan a ticket; a refusal is an answer too, and the nonce makes a repetition harmless",
          key_field="nonce"),
    Route("GET", "/v1/screenings/{screening_id}/availability", say.GetAvailability,
          (*SELLERS, Role.ENTRY_CHECK), say.AvailabilityView,
          "What is left of a screening, contingent by contingent"),
    Route("GET", "/v1/screenings/{screening_id}/attendance", say.GetAttendance,
          (Role.ENTRY_CHECK, Role.POS), say.AttendanceView, "Who has come in"),
)

ROUTES = ORDERS + TICKETS + LISTS + RELEASES + ENTRY
