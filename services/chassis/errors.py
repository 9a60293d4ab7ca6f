"""The one table that turns kinds of refusals into HTTP, and the problem document (RFC 9457)."""

from typing import Any

from contracts.errors import Code, DomainError, Kind

STATUS: dict[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.BUSY: 409,
    Kind.LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}

# Refusals of the HTTP exchange itself have a status of their own.
STATUS_OF_CODE: dict[Code, int] = {
    Code.MALFORMED_JSON: 400,
    Code.IDEMPOTENCY_KEY_MISSING: 400,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.NOT_ACCEPTABLE: 406,
    Code.BODY_TOO_LARGE: 413,
    Code.UNSUPPORTED_MEDIA_TYPE: 415,
    Code.INTERNAL_ERROR: 500,
    Code.SERVICE_TIMEOUT: 504,
}


def status_of(error: DomainError) -> int:
    return STATUS_OF_CODE.get(error.code, STATUS[error.kind])


def problem(error: DomainError, request_id: str) -> dict[str, Any]:
    """The body of every refusal, as `application/problem+json`."""
    document = {
        "type": f"urn:festival:error:{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": status_of(error),
        "code": error.code.value,
        "detail": error.detail,
        "request_id": request_id,
    }
    return document | ({"errors": error.errors} if error.errors else {})
