"""The wallet's bus doors."""

from contracts import wallet as say
from contracts.identity import SessionsEnded, SigningKeyPublished
from contracts.ticketing import TicketIssued, TicketKeyPublished
from services.chassis.entrypoints import Service, every, on, ping, read, write, write_secret
from services.wallet.queries import after, ledger, manager, settlement, wallets
from services.wallet.queries import terminals as devices
from services.wallet.usecases import (
    closing,
    credits,
    debits,
    facts,
    holds,
    payouts,
    pins,
    refunds,
    rules,
    terminals,
)


class WalletService(Service):
    name = "wallet"
    ping = ping()

    debit_wallet = write(say.DebitWallet, debits.debit)
    credit_wallet = write(say.CreditWallet, credits.credit)
    gift = write(say.GiftWallet, credits.gift)
    reverse = write(say.ReverseMovement, debits.reverse)
    cash_out = write(say.CashOut, payouts.cash_out)
    move = write(say.MoveBalance, payouts.move_balance)
    block = write(say.BlockWallet, payouts.block)
    set_pin = write_secret(say.SetPin, pins.set_pin)
    place_hold = write(say.PlaceHold, holds.place_hold)
    capture_hold = write(say.CaptureHold, holds.capture_hold)
    void_hold = write(say.VoidHold, holds.void_hold)
    change_rules = write(say.ChangeRules, rules.change_rules)
    freeze = write(say.FreezeWallets, rules.freeze)
    create_terminal = write_secret(say.CreateTerminal, terminals.create_terminal)
    change_terminal = write(say.ChangeTerminal, terminals.change_terminal)
    revoke_terminal = write(say.RevokeTerminal, terminals.revoke_terminal)
    grant_offline_terms = write(say.GrantOfflineTerms, terminals.grant_offline_terms)
    claim_refund = write(say.ClaimRefund, refunds.claim_refund)
    start_refund_run = write(say.StartRefundRun, refunds.start_refund_run)
    record_refund_results = write(say.RecordRefundResults, refunds.record_refund_results)
    book_breakage = write(say.BookBreakage, closing.book_breakage)

    get_wallet = read(say.GetWallet, wallets.get_wallet)
    list_movements = read(say.ListMovements, wallets.list_movements)
    get_statement = read(say.GetStatement, wallets.get_statement)
    get_balance_at = read(say.GetBalanceAt, wallets.get_balance_at)
    get_debit = read(say.GetDebit, wallets.get_debit)
    get_hold = read(say.GetHold, wallets.get_hold)
    get_ledger = read(say.GetLedger, ledger.get_ledger)
    get_liability = read(say.GetLiability, ledger.get_liability)
    get_rules = read(say.GetRules, manager.get_rules)
    list_anomalies = read(say.ListAnomalies, manager.list_anomalies)
    get_vendor_settlement = read(say.GetVendorSettlement, settlement.get_vendor_settlement)
    get_vendor_settlement_document = read(
        say.GetVendorSettlementDocument, settlement.get_vendor_settlement_document)
    list_terminals = read(say.ListTerminals, devices.list_terminals)
    get_offline_exposure = read(say.GetOfflineExposure, devices.get_offline_exposure)
    list_offline_losses = read(say.ListOfflineLosses, devices.list_offline_losses)
    get_refund_run = read(say.GetRefundRun, after.get_refund_run)
    get_refund_file = read(say.GetRefundFile, after.get_refund_file)
    list_refunds = read(say.ListRefunds, after.list_refunds)
    get_breakage = read(say.GetBreakage, after.get_breakage)

    on_debit = on(say.DebitForOrder, debits.pay_order)
    on_credit = on(say.CreditForOrder, credits.credit_for_order)
    on_ticket_issued = on(TicketIssued, facts.open_wallet)
    on_ticket_key = on(TicketKeyPublished, facts.keep_ticket_key)
    on_signing_key = on(SigningKeyPublished, facts.keep_token_key)
    on_sessions_ended = on(SessionsEnded, facts.keep_ended_sessions)

    expire_holds = every(5, holds.expire_holds)
    expire_gifts = every(60, payouts.expire_gifts)
    collect_refunds = every(2, refunds.collect_refunds)
    carry_out_breakage = every(2, closing.carry_out_breakage)
