"""What the processes of a whole run have logged: ids, but no person, password, token or key."""

import re
from uuid import uuid4

import pytest
import requests

from services.chassis.redaction import without_values
from tests.running import Festival

SECRET = "un secret bien gardé"
NAME = "Zénobie Quatremère"
NEVER = {
    "an access token": r"eyJ[A-Za-z0-9_-]{10,}\.",
    "a key": r"\b(fk|fd)_[A-Za-z0-9_-]{20,}",
    "a code of a device": r"F[DT]1:[A-Za-z0-9_-]{10,}",
    "an address with its password": r"\w+://[^/\s:]+:[^@/\s]+@",
    "an e-mail address": r"[\w.+-]+@example\.(org|com|ch)",
    "a password hash": r"\$argon2",
}


@pytest.mark.slow
def test_nobody_is_in_the_logs_and_nothing_secret(festival: Festival) -> None:
    """After the other tests have used the system; the doings here are the most talkative."""
    email = f"zenobie-{uuid4().hex[:6]}@example.org"

    def post(path: str, **body: object) -> requests.Response:
        return requests.post(f"{festival.gateway}{path}", json=body, timeout=30)

    assert post("/v1/holders", email=email, password=SECRET, name=NAME).status_code == 201
    assert post("/v1/holders", email=email, password=SECRET, name=NAME).status_code == 409
    assert post("/v1/auth/holder-login", email=email, password="wrong " + SECRET).status_code == 401
    tokens = post("/v1/auth/holder-login", email=email, password=SECRET).json()
    assert post("/v1/auth/refresh", refresh_token=tokens["refresh_token"]).status_code == 200
    assert post("/v1/auth/refresh", refresh_token=tokens["refresh_token"]).status_code == 401
    assert post("/v1/auth/password-reset-requests", email=email).status_code == 204
    requests.get(f"{festival.gateway}/v1/me", timeout=10, headers={
        "Authorization": f"Bearer {tokens['access_token']}x"})
    words = [SECRET, NAME, email, tokens["refresh_token"], *festival.secrets.values()]
    logs = {path.name: path.read_text() for path in festival.directory.glob("*.log")}
    assert len(logs) > 8 and any(logs.values())
    found = [
        f"{name}: {what}: {match.group()[:12]}…" for name, text in logs.items()
        for what, pattern in (NEVER | {word[:3] + "…": re.escape(word) for word in words}).items()
        if (match := re.search(pattern, text))
    ]
    assert not found


def test_a_database_error_does_not_quote_the_row() -> None:
    error = (
        'NotNullViolation: null value in column "id"\n'
        "DETAIL:  Failing row contains (null, lea@example.org,\n\n   7k3qmxw04t).\n"
        "[SQL: INSERT INTO mails (recipient) VALUES (%(recipient)s)]\n"
        "[parameters: {'recipient': 'lea@example.org'}]\n(Background on this error at: …)"
    )
    entry = without_values(None, "error", {"exception": error, "error": repr(error)})
    for text in entry.values():
        assert "lea@" not in text and "7k3" not in text and "NotNullViolation" in text
    assert "INSERT INTO mails" in entry["exception"]
