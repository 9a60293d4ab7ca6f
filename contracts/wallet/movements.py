"""Moving value: asked by people and terminals, and by ticketing over the bus."""

from dataclasses import field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Count, Name, command, query, view
from contracts.money import Money
from contracts.wallet.shared import ArticleLine, Code, Limit, LoadMethod, Pin


@command("wallet.debit_wallet.v1")
class DebitWallet:
    """Take `amount` out of a wallet, outside any order (M §5.2).

    `code` is the ticket's code as typed, or the whole text scanned from its QR code. The sale
    point may be left out by a caller who has only one.
    """

    code: Code
    amount: Money
    lines: tuple[ArticleLine, ...] = ()
    sale_point_id: UUID | None = None
    pin: Pin | None = field(default=None, repr=False)


@command("wallet.credit_wallet.v1")
class CreditWallet:
    """Put money received by `method` on a wallet."""

    code: Code
    amount: Money
    method: LoadMethod
    reason: Name
    sale_point_id: UUID | None = None


@command("wallet.debit.v1", consumers=("wallet",))
class DebitForOrder:
    """On the bus: pay an order. Always answered by `wallet.debited.v1` or
    `wallet.debit_declined.v1` with the same `payment_id`."""

    code: Code
    amount: Money
    order_id: UUID
    payment_id: UUID
    sale_point_id: UUID | None = None


@command("wallet.credit.v1", consumers=("wallet",))
class CreditForOrder:
    """On the bus: a load line has been paid. Never refused."""

    code: Code
    ticket_id: UUID
    amount: Money
    order_id: UUID
    line_id: UUID
    sale_point_id: UUID | None = None


@command("wallet.gift.v1")
class GiftWallet:
    """Put gifted credit on a wallet: spent first, what ends first before the rest; never paid
    out. What is left of it at `expires_at` goes back to the festival."""

    code: Code
    amount: Money
    reason: Name
    expires_at: datetime | None = None


@view
class ReversedLine:
    """A line of the debit, by its position from 0; without a quantity all that is left of it."""

    line: Annotated[int, validate.Range(min=0, max=10_000)]
    quantity: Count | None = None


@command("wallet.reverse.v1")
class ReverseMovement:
    """Undo a debit: `lines` of it, or without any all that is left; each article once.

    What was taken last returns first, to where it came from: paid credit, then gifts.
    """

    movement_id: UUID
    reason: Name
    lines: tuple[ReversedLine, ...] = ()


@command("wallet.cash_out.v1")
class CashOut:
    """Give paid credit back at a sale point; without an amount all of it."""

    code: Code
    method: LoadMethod
    reason: Name
    amount: Money | None = None
    sale_point_id: UUID | None = None
    pin: Pin | None = field(default=None, repr=False)


@command("wallet.move.v1")
class MoveBalance:
    """Everything on one wallet goes to another ticket's, gifts with their dates."""

    code: Code
    to_code: Code
    reason: Name


@command("wallet.block.v1")
class BlockWallet:
    code: Code
    reason: Name


@command("wallet.set_pin.v1")
class SetPin:
    """The PIN asked for above an amount; without one it is taken away. Also ends a PIN block."""

    code: Code
    pin: Pin | None = field(default=None, repr=False)


@query("wallet.get_wallet.v1")
class GetWallet:
    code: Code


@query("wallet.list_movements.v1")
class ListMovements:
    """Newest first."""

    code: Code
    cursor: str | None = None
    limit: Limit = 50


@query("wallet.get_debit.v1")
class GetDebit:
    """What became of the debit sent under this idempotency key by the same caller."""

    idempotency_key: Name
