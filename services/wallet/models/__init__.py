"""The wallet's rows. Importing this package makes all of them known to SQLAlchemy."""

from services.wallet.models.base import HOLDER_GIFTED, HOLDER_PAID, REFUNDS_PAYABLE, Base
from services.wallet.models.closing import (
    Breakage,
    Refund,
    RefundClaim,
    RefundPart,
    RefundRun,
    find_refund_run,
)
from services.wallet.models.holds import Hold, Purpose
from services.wallet.models.keys import EndedSession, SigningKey, VerifyingKey, allowance_key
from services.wallet.models.locking import (
    Locked,
    asking_terminal,
    find_wallet,
    lock_wallet,
    lock_wallet_by_id,
    plain_code,
    record,
    wallet_not_found,
)
from services.wallet.models.movements import Movement, Posting, ReversedLine
from services.wallet.models.offline import OfflineTerms, SettledDebit
from services.wallet.models.rules import Rules, rules_in_force
from services.wallet.models.terminals import Terminal, find_terminal, read_enrolment
from services.wallet.models.wallets import GENESIS, Wallet

__all__ = [
    "GENESIS", "HOLDER_GIFTED", "HOLDER_PAID", "REFUNDS_PAYABLE", "Base", "Breakage",
    "EndedSession", "Hold", "Locked", "Movement", "OfflineTerms", "Posting", "Purpose", "Refund",
    "RefundClaim", "RefundPart", "RefundRun", "ReversedLine", "Rules", "SettledDebit",
    "SigningKey", "Terminal",
    "VerifyingKey", "Wallet", "allowance_key", "asking_terminal", "find_refund_run",
    "find_terminal", "find_wallet", "lock_wallet", "lock_wallet_by_id", "plain_code",
    "read_enrolment", "record", "rules_in_force", "wallet_not_found",
]
