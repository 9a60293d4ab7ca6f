"""Stored value. Bar terminals use the wallet's own door instead (services/wallet/terminal.py)."""

from contracts import wallet as say
from contracts.roles import Principal, Role
from gateway.endpoint import Route

# A holder sees their own wallets only, as the wallet service checks.
MAY_SEE = (Role.WALLET_CASHIER, Role.WALLET_MANAGER, Role.POS, Principal.HOLDER)

ROUTES = (
    Route("GET", "/v1/wallets/{code}", say.GetWallet, MAY_SEE, say.WalletView,
          "Balance of a wallet, by the ticket's code or the text of its QR code"),
    Route("GET", "/v1/wallets/{code}/movements", say.ListMovements, MAY_SEE, say.MovementPage,
          "What happened on a wallet, newest first"),
    Route("POST", "/v1/wallets/{code}/credits", say.CreditWallet, (Role.WALLET_MANAGER,),
          say.MovementView, "Put money received on a wallet", status=201, idempotent=True),
    Route("POST", "/v1/wallets/{code}/gifts", say.GiftWallet, (Role.WALLET_MANAGER,),
          say.MovementView, "Give credit: spent first, never paid out",
          status=201, idempotent=True),
    Route("POST", "/v1/wallets/{code}/debits", say.DebitWallet, (Role.WALLET_CASHIER,),
          say.MovementView, "Take an amount out of a wallet, outside any order",
          status=201, idempotent=True),
    Route("POST", "/v1/wallets/{code}/block", say.BlockWallet, (Role.WALLET_MANAGER,),
          say.WalletView, "Block a lost wallet", idempotent=True),
    Route("POST", "/v1/movements/{movement_id}/reversal", say.ReverseMovement,
          (Role.WALLET_CASHIER, Role.WALLET_MANAGER), say.MovementView,
          "Undo a debit, once and whole", status=201, idempotent=True),
    Route("GET", "/v1/wallet-ledger", say.GetLedger, (Role.ACCOUNTING,), say.LedgerView,
          "Sums of the wallets' ledger accounts; what is owed to holders"),
)
