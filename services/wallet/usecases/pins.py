"""The PIN of a wallet. Short as it is, guessing is what it must withstand: five wrong ones block
it until someone at the desk sets a new one. Its hash alone would fall quickly, so nothing else of
it is ever kept (contracts/envelope.py)."""

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.wallet import SetPin, WalletView
from services.chassis.offload import offload
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import Locked, lock_wallet
from services.wallet.usecases.parts import check_own

# A bar waits for it: RFC 9106's lanes and memory cut to some 20 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def set_pin(uow: UnitOfWork, command: SetPin) -> WalletView:
    pin_hash = offload(_HASHER.hash, command.pin) if command.pin else None
    wallet, rules, _ = lock_wallet(uow, command.code)
    check_own(uow, wallet)
    wallet.set_pin(pin_hash)
    return wallet.view(uow.now, rules)


def pin_trouble(locked: Locked, cents: int, pin: str | None) -> DomainError | None:
    """What speaks against spending `cents`; to be returned, not raised: a wrong PIN is counted."""
    wallet, rules, _ = locked
    if rules.pin_above is None or cents <= rules.pin_above:
        return None
    if wallet.pin_hash is None:
        return DomainError(
            Code.PIN_REQUIRED, f"Above {Money(rules.pin_above)} a PIN is needed, and this wallet "
            "has none: it can be set at the desk.",
        )
    if wallet.pin_blocked:
        return DomainError(
            Code.PIN_BLOCKED, "Too many wrong PINs: a new one can be set at the desk.")
    if pin is None:
        return DomainError(Code.PIN_REQUIRED, f"Above {Money(rules.pin_above)}: enter the PIN.")
    if not _matches(wallet.pin_hash, pin):
        wallet.pin_failed()
        return DomainError(Code.PIN_WRONG, "Wrong PIN.")
    wallet.pin_right()
    return None


def _matches(pin_hash: str, pin: str) -> bool:
    try:
        return offload(_HASHER.verify, pin_hash, pin)
    except VerificationError:
        return False
