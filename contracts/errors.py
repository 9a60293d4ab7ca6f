"""What can be answered instead of a result: codes, each of one kind, and the one exception.

`DomainError` is an answer (a person reads its sentence); any other exception is a fault.
It is the only exception that crosses a process, as `to_dict()` / `from_dict()`.
"""

from enum import StrEnum, auto
from typing import Any


class Kind(StrEnum):
    """Decides the HTTP status (see `chassis.errors.STATUS`) and whether a retry may help."""

    INVALID = "invalid"  # the request itself is wrong
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"  # well formed, but the present state refuses it
    BUSY = "busy"  # the same thing is being done right now: try again
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"  # a part of the system is down: try again later


class Code(StrEnum):
    """Stable, machine-readable; front-ends translate them. Never renamed, only added."""

    @staticmethod
    def _generate_next_value_(name: str, *_: Any) -> str:
        return name

    # any service
    VALIDATION_FAILED = auto()
    MALFORMED_JSON = auto()
    NOT_FOUND = auto()
    METHOD_NOT_ALLOWED = auto()
    BODY_TOO_LARGE = auto()
    UNSUPPORTED_MEDIA_TYPE = auto()
    NOT_ACCEPTABLE = auto()
    IDEMPOTENCY_KEY_MISSING = auto()
    IDEMPOTENCY_KEY_REUSED = auto()
    IDEMPOTENCY_KEY_RUNNING = auto()
    VERSION_OUTDATED = auto()
    TOKEN_MISSING = auto()
    TOKEN_INVALID = auto()
    TOKEN_EXPIRED = auto()
    ROLE_MISSING = auto()
    RATE_LIMITED = auto()
    SERVICE_UNAVAILABLE = auto()
    SERVICE_TIMEOUT = auto()
    INTERNAL_ERROR = auto()
    # identity
    LOGIN_FAILED = auto()
    LOGIN_THROTTLED = auto()
    SESSION_ENDED = auto()
    USER_NOT_FOUND = auto()
    USERNAME_TAKEN = auto()
    PASSWORD_TOO_WEAK = auto()
    SALE_POINT_NOT_FOUND = auto()
    SALE_POINT_NAME_TAKEN = auto()
    SALE_POINT_NOT_YOURS = auto()
    API_KEY_NOT_FOUND = auto()
    API_KEY_INVALID = auto()
    EMAIL_TAKEN = auto()
    LAST_ADMIN = auto()
    SECOND_FACTOR_REQUIRED = auto()
    SECOND_FACTOR_WRONG = auto()
    SECOND_FACTOR_STATE = auto()
    RESET_CODE_INVALID = auto()
    APPROVAL_REQUIRED = auto()
    APPROVAL_REFUSED = auto()
    DEVICE_NOT_FOUND = auto()
    DEVICE_REFUSED = auto()
    # catalog
    VENUE_NOT_FOUND = auto()
    ROOM_NOT_FOUND = auto()
    ROOM_IN_USE = auto()
    SECTION_NOT_FOUND = auto()
    PRODUCTION_NOT_FOUND = auto()
    SCREENING_NOT_FOUND = auto()
    SCREENING_STATE = auto()
    SCREENING_INCOMPLETE = auto()
    PRICE_GRID_NOT_FOUND = auto()
    TICKET_TYPE_NOT_FOUND = auto()
    ARTICLE_NOT_FOUND = auto()
    STOCK_TOO_LOW = auto()
    STOCK_LEFT = auto()
    VAT_CODE_UNKNOWN = auto()
    CONTINGENTS_INVALID = auto()
    NAME_TAKEN = auto()
    IMPORT_NOT_FOUND = auto()
    IMPORT_REFUSED = auto()
    IMPORT_STATE = auto()
    IMPORT_IN_USE = auto()
    CHANGE_NOT_FOUND = auto()
    PROFILE_NOT_FOUND = auto()
    TEMPLATE_NOT_FOUND = auto()
    VOUCHER_NOT_FOUND = auto()
    SOURCE_NOT_FOUND = auto()
    SOURCE_REFUSED = auto()
    SOURCE_UNREACHABLE = auto()
    # ticketing
    ORDER_NOT_FOUND = auto()
    ORDER_STATE = auto()
    ORDER_BUSY = auto()
    ORDER_EXPIRED = auto()
    SOLD_OUT = auto()
    NOT_ON_SALE = auto()
    TARIFF_NOT_AVAILABLE = auto()
    REGISTER_SESSION_NOT_OPEN = auto()
    PAYMENT_AMOUNT = auto()
    PAYMENT_METHOD = auto()
    PAYMENT_NOT_FOUND = auto()
    REFUND_REFUSED = auto()
    WEBHOOK_SIGNATURE = auto()
    TICKET_NOT_FOUND = auto()
    TICKET_STATE = auto()
    TICKET_CODE_MALFORMED = auto()
    TICKET_CODE_UNKNOWN_VERSION = auto()
    TICKET_CODE_UNKNOWN_KEY = auto()
    TICKET_CODE_FORGED = auto()
    BOOKING_NOT_FOUND = auto()
    BOOKING_REFUSED = auto()
    RELEASE_NOT_FOUND = auto()
    RELEASE_OUTDATED = auto()
    # wallet
    WALLET_NOT_FOUND = auto()
    WALLET_BLOCKED = auto()
    WALLET_NOT_ALLOWED = auto()
    INSUFFICIENT_FUNDS = auto()
    CURRENCY_MISMATCH = auto()
    MOVEMENT_NOT_FOUND = auto()
    MOVEMENT_NOT_REVERSIBLE = auto()
    DEBIT_NOT_FOUND = auto()
    WALLET_LIMIT = auto()
    WALLET_HAS_HOLDS = auto()
    WALLETS_FROZEN = auto()
    WALLETS_NOT_FROZEN = auto()
    PIN_REQUIRED = auto()
    PIN_WRONG = auto()
    PIN_BLOCKED = auto()
    HOLD_NOT_FOUND = auto()
    HOLD_STATE = auto()
    TERMINAL_NOT_FOUND = auto()
    TERMINAL_REVOKED = auto()
    TERMINAL_RIGHT_MISSING = auto()
    ENROLMENT_INVALID = auto()
    ARTICLE_NOT_ALLOWED = auto()
    OFFLINE_TERMS_NOT_FOUND = auto()
    OFFLINE_DEBIT_INVALID = auto()
    REFUND_RUN_NOT_FOUND = auto()
    REFUND_RUN_STATE = auto()
    REFUND_NOT_FOUND = auto()
    BREAKAGE_NOT_FOUND = auto()
    # accounting
    REGISTER_NOT_FOUND = auto()
    REGISTER_NAME_TAKEN = auto()
    REGISTER_SESSION_NOT_FOUND = auto()
    REGISTER_SESSION_STATE = auto()
    REGISTER_SESSION_ALREADY_OPEN = auto()
    REGISTER_NOT_YOURS = auto()
    COUNT_INCOMPLETE = auto()
    COUNT_DIFFERS = auto()
    DRAWER_NEGATIVE = auto()
    OPERATION_NOT_CORRECTABLE = auto()
    Z_REPORT_NOT_FOUND = auto()
    PERIOD_INVALID = auto()
    CLOSURE_NOT_FOUND = auto()
    CLOSURE_BLOCKED = auto()


_OTHER_KINDS: dict[Kind, frozenset[Code]] = {
    Kind.UNAUTHENTICATED: frozenset({
        Code.TOKEN_MISSING, Code.TOKEN_INVALID, Code.TOKEN_EXPIRED, Code.LOGIN_FAILED,
        Code.SESSION_ENDED, Code.API_KEY_INVALID, Code.WEBHOOK_SIGNATURE,
        Code.TERMINAL_REVOKED, Code.ENROLMENT_INVALID, Code.SECOND_FACTOR_REQUIRED,
        Code.RESET_CODE_INVALID, Code.DEVICE_REFUSED,
    }),
    Kind.FORBIDDEN: frozenset({
        Code.ROLE_MISSING, Code.APPROVAL_REQUIRED, Code.APPROVAL_REFUSED,
        Code.REGISTER_NOT_YOURS, Code.SALE_POINT_NOT_YOURS, Code.TERMINAL_RIGHT_MISSING,
    }),
    Kind.BUSY: frozenset({Code.IDEMPOTENCY_KEY_RUNNING, Code.ORDER_BUSY}),
    Kind.LIMITED: frozenset({Code.LOGIN_THROTTLED, Code.RATE_LIMITED}),
    Kind.UNAVAILABLE: frozenset({
        Code.SERVICE_UNAVAILABLE, Code.SERVICE_TIMEOUT, Code.INTERNAL_ERROR,
        Code.SOURCE_UNREACHABLE,
    }),
    Kind.INVALID: frozenset({
        Code.VALIDATION_FAILED, Code.MALFORMED_JSON, Code.SECOND_FACTOR_WRONG,
        Code.METHOD_NOT_ALLOWED, Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE, Code.NOT_ACCEPTABLE, Code.IDEMPOTENCY_KEY_MISSING,
        Code.IDEMPOTENCY_KEY_REUSED, Code.PASSWORD_TOO_WEAK, Code.VAT_CODE_UNKNOWN,
        Code.CONTINGENTS_INVALID, Code.IMPORT_REFUSED, Code.SOURCE_REFUSED, Code.PAYMENT_AMOUNT,
        Code.PAYMENT_METHOD,
        Code.TICKET_CODE_MALFORMED, Code.TICKET_CODE_UNKNOWN_VERSION,
        Code.TICKET_CODE_UNKNOWN_KEY, Code.TICKET_CODE_FORGED, Code.CURRENCY_MISMATCH,
        Code.COUNT_INCOMPLETE, Code.PERIOD_INVALID,
    }),
}


def kind_of(code: Code) -> Kind:
    """The one kind of a code: `…NOT_FOUND` says so itself, the rest is a conflict unless listed."""
    for kind, codes in _OTHER_KINDS.items():
        if code in codes:
            return kind
    return Kind.NOT_FOUND if code.endswith("NOT_FOUND") else Kind.CONFLICT


class DomainError(Exception):
    """A refusal. `detail` is a sentence for the person at the screen, `errors` is per field."""

    def __init__(
        self, code: Code, detail: str, errors: dict[str, Any] | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.kind = kind_of(code)
        self.detail = detail
        self.errors = errors or {}

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code.value, "detail": self.detail, "errors": self.errors}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "DomainError":
        return cls(Code(data["code"]), data["detail"], data.get("errors"))
