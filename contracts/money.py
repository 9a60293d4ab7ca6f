"""Money: integer minor units (centimes) with their currency. No float ever."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from marshmallow import validate

CURRENCY = "CHF"
CASH_STEP = 5  # the smallest Swiss coin, in centimes


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`Money(1250)` is CHF 12.50. Arithmetic refuses to mix currencies."""

    amount: Annotated[int, validate.Range(min=-(10**12), max=10**12)]
    currency: Annotated[str, validate.Regexp(r"\A[A-Z]{3}\Z")] = CURRENCY

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError(f"money is counted in whole centimes, not {self.amount!r}")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __bool__(self) -> bool:
        return self.amount != 0

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other)

    def __str__(self) -> str:
        sign, units = ("-" if self.amount < 0 else ""), abs(self.amount)
        return f"{self.currency} {sign}{units // 100}.{units % 100:02d}"

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.amount


def total(amounts: Iterable[Money], currency: str = CURRENCY) -> Money:
    """The sum; zero of `currency` when there is nothing to add."""
    result = Money(0, currency)
    for amount in amounts:
        result += amount
    return result


def cash_rounding(amount: Money) -> Money:
    """What to add so that `amount` can be paid in coins: half up on 5 centimes (c-21)."""
    rest = amount.amount % CASH_STEP
    return Money(CASH_STEP - rest if rest * 2 > CASH_STEP else -rest, amount.currency)


def vat_included(gross: Money, rate_bp: int) -> Money:
    """The tax inside a gross price; `rate_bp` in basis points (810 = 8.1 %); half away from 0."""
    sign = -1 if gross.amount < 0 else 1
    tax = (2 * abs(gross.amount) * rate_bp + (10_000 + rate_bp)) // (2 * (10_000 + rate_bp))
    return Money(sign * tax, gross.currency)
