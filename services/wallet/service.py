"""The wallet's bus doors."""

from contracts import wallet as say
from contracts.identity import SigningKeyPublished
from contracts.ticketing import TicketIssued, TicketKeyPublished
from services.chassis.entrypoints import Service, on, ping, read, write
from services.wallet import queries, usecases


class WalletService(Service):
    name = "wallet"
    ping = ping()

    debit_wallet = write(say.DebitWallet, usecases.debit)
    credit_wallet = write(say.CreditWallet, usecases.credit)
    gift = write(say.GiftWallet, usecases.gift)
    reverse = write(say.ReverseMovement, usecases.reverse)
    block = write(say.BlockWallet, usecases.block)

    get_wallet = read(say.GetWallet, queries.get_wallet)
    list_movements = read(say.ListMovements, queries.list_movements)
    get_debit = read(say.GetDebit, queries.get_debit)
    get_ledger = read(say.GetLedger, queries.get_ledger)

    on_debit = on(say.DebitForOrder, usecases.pay_order)
    on_credit = on(say.CreditForOrder, usecases.credit_for_order)
    on_ticket_issued = on(TicketIssued, usecases.open_wallet)
    on_ticket_key = on(TicketKeyPublished, usecases.keep_ticket_key)
    on_signing_key = on(SigningKeyPublished, usecases.keep_token_key)
