"""Stored value. Bar terminals use the wallet's own door instead (services/wallet/terminal.py)."""

from contracts import wallet as say
from contracts.roles import Principal, Role
from gateway.endpoint import Document, Route

# A holder sees their own wallets only, as the wallet service checks.
MAY_SEE = (Role.WALLET_CASHIER, Role.WALLET_MANAGER, Role.POS, Principal.HOLDER)
MAY_SPEND = (Role.WALLET_CASHIER,)
MAY_REVERSE = (Role.WALLET_CASHIER, Role.WALLET_MANAGER)
MAY_PAY_OUT = (Role.WALLET_MANAGER, Role.REFUND)
MANAGER = (Role.WALLET_MANAGER,)
BOOKS = (Role.ACCOUNTING,)
MANAGER_OR_BOOKS = (Role.WALLET_MANAGER, Role.ACCOUNTING)

SPENDING = (
    Route("GET", "/v1/wallets/{code}", say.GetWallet, MAY_SEE, say.WalletView,
          "Balance of a wallet, by the ticket's code or the text of its QR code"),
    Route("GET", "/v1/wallets/{code}/movements", say.ListMovements, MAY_SEE, say.MovementPage,
          "What happened on a wallet, newest first"),
    Route("GET", "/v1/wallets/{code}/statement", say.GetStatement,
          (*MAY_SEE, Role.ACCOUNTING), say.StatementView,
          "A period of a wallet: opening, movements, closing"),
    Route("GET", "/v1/wallets/{code}/balance", say.GetBalanceAt, (*MAY_SEE, Role.ACCOUNTING),
          say.BalanceView, "What was on a wallet at an instant"),
    Route("POST", "/v1/wallets/{code}/credits", say.CreditWallet, MANAGER,
          say.MovementView, "Put money received on a wallet", status=201, idempotent=True),
    Route("POST", "/v1/wallets/{code}/gifts", say.GiftWallet, MANAGER,
          say.MovementView, "Give credit: spent first, never paid out",
          status=201, idempotent=True),
    Route("POST", "/v1/wallets/{code}/debits", say.DebitWallet, MAY_SPEND,
          say.MovementView, "Take an amount out of a wallet, outside any order",
          status=201, idempotent=True),
    Route("POST", "/v1/movements/{movement_id}/reversal", say.ReverseMovement, MAY_REVERSE,
          say.MovementView, "Undo a debit, whole or by line, each article once",
          status=201, idempotent=True),
    Route("POST", "/v1/wallets/{code}/holds", say.PlaceHold, MAY_SPEND, say.HoldView,
          "Keep an amount for a sale that is not settled yet", status=201, idempotent=True),
    Route("GET", "/v1/holds/{hold_id}", say.GetHold, MAY_SPEND, say.HoldView, "A hold"),
    Route("POST", "/v1/holds/{hold_id}/capture", say.CaptureHold, MAY_SPEND, say.MovementView,
          "Take what was held, or less", status=201, idempotent=True),
    Route("POST", "/v1/holds/{hold_id}/void", say.VoidHold, MAY_SPEND, say.HoldView,
          "Let go of what was held", idempotent=True),
    Route("POST", "/v1/wallets/{code}/cash-out", say.CashOut, MAY_PAY_OUT, say.MovementView,
          "Give paid credit back at a sale point", status=201, idempotent=True),
    Route("POST", "/v1/wallets/{code}/transfer", say.MoveBalance,
          (Role.TRANSFER, Role.WALLET_MANAGER), say.MovementView,
          "Move everything to another ticket's wallet", status=201, idempotent=True),
    Route("POST", "/v1/wallets/{code}/block", say.BlockWallet, MANAGER, say.WalletView,
          "Block a lost wallet", idempotent=True),
    Route("PUT", "/v1/wallets/{code}/pin", say.SetPin, (Role.WALLET_MANAGER, Principal.HOLDER),
          say.WalletView, "Set or take away the PIN; ends a PIN block"),
)

MANAGING = (
    Route("GET", "/v1/wallet-rules", say.GetRules, MANAGER_OR_BOOKS, say.RulesView,
          "Limits, PIN and freeze in force"),
    Route("PUT", "/v1/wallet-rules", say.ChangeRules, MANAGER, say.RulesView,
          "Set all limits at once; the history is kept", idempotent=True),
    Route("POST", "/v1/wallet-rules/freeze", say.FreezeWallets, MANAGER, say.RulesView,
          "From an instant on nothing is loaded or spent; without one the freeze is lifted",
          idempotent=True),
    Route("GET", "/v1/wallet-anomalies", say.ListAnomalies, MANAGER, say.AnomalyList,
          "Wallets, sellers and terminals that deserve a look"),
    Route("GET", "/v1/terminals", say.ListTerminals, MANAGER, say.TerminalPage,
          "Bar terminals, with when each was last seen"),
    Route("POST", "/v1/terminals", say.CreateTerminal, MANAGER, say.NewTerminalView,
          "A new terminal, with the text of its one-time QR code", status=201),
    Route("PUT", "/v1/terminals/{terminal_id}", say.ChangeTerminal, MANAGER, say.TerminalView,
          "What a terminal may do and sell", idempotent=True),
    Route("POST", "/v1/terminals/{terminal_id}/revoke", say.RevokeTerminal, MANAGER,
          say.TerminalView, "Take a terminal out of use, at once", idempotent=True),
    Route("POST", "/v1/terminals/{terminal_id}/offline-terms", say.GrantOfflineTerms, MANAGER,
          say.OfflineTermsView, "Let a terminal sell without a network, within caps",
          status=201, idempotent=True),
    Route("GET", "/v1/wallet-offline/exposure", say.GetOfflineExposure, MANAGER_OR_BOOKS,
          say.OfflineExposure, "What an outage starting now can cost at worst"),
    Route("GET", "/v1/wallet-offline/losses", say.ListOfflineLosses, MANAGER_OR_BOOKS,
          say.OfflineLosses, "What outages have cost, and who authorised it"),
)

SETTLEMENT_PAGE = Route(
    "GET", "/v1/sale-points/{sale_point_id}/wallet-settlement.html",
    say.GetVendorSettlementDocument, MANAGER_OR_BOOKS, Document("text/html"),
    "The settlement of a bar as a page to print",
)

CLOSING = (
    Route("GET", "/v1/wallet-ledger", say.GetLedger, BOOKS, say.LedgerView,
          "Sums of the wallets' ledger accounts; what is owed to holders"),
    Route("GET", "/v1/wallet-liability", say.GetLiability, BOOKS, say.LiabilityView,
          "What is owed to holders, now or at an instant, added up twice"),
    Route("GET", "/v1/sale-points/{sale_point_id}/wallet-settlement", say.GetVendorSettlement,
          MANAGER_OR_BOOKS, say.VendorSettlement,
          "What a bar that is not run on the system is to be paid", variants=(SETTLEMENT_PAGE,)),
    SETTLEMENT_PAGE,
    Route("PUT", "/v1/wallets/{code}/refund-claim", say.ClaimRefund,
          (Role.WALLET_MANAGER, Role.POS, Principal.HOLDER), say.RefundClaimView,
          "Where the money of a wallet goes after the festival", idempotent=True),
    Route("POST", "/v1/refund-runs", say.StartRefundRun, BOOKS, say.RefundRunView,
          "Collect what is owed on claimed wallets of the frozen festival", status=201,
          idempotent=True),
    Route("GET", "/v1/refund-runs/{run_id}", say.GetRefundRun, BOOKS, say.RefundRunView,
          "A refund run"),
    Route("GET", "/v1/refund-runs/{run_id}/pain001.xml", say.GetRefundFile, BOOKS,
          Document("application/xml"), "The bank's file of a refund run"),
    Route("POST", "/v1/refund-runs/{run_id}/results", say.RecordRefundResults, BOOKS,
          say.RefundRunView, "What the bank has paid, and what failed", idempotent=True),
    Route("GET", "/v1/refunds", say.ListRefunds, BOOKS, say.RefundPage, "Refunds, one per holder"),
    Route("POST", "/v1/wallet-breakages", say.BookBreakage, BOOKS, say.BreakageView,
          "Decide that what nobody claimed is owed no longer", status=201, idempotent=True),
    Route("GET", "/v1/wallet-breakages/{decision_id}", say.GetBreakage, BOOKS, say.BreakageView,
          "How far such a decision has been carried out"),
)

ROUTES = SPENDING + MANAGING + CLOSING
