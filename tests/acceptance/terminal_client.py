"""The reference bar terminal: what a device has to do to sell on bad wifi, and no more.

    terminal = TerminalClient("http://127.0.0.1:8081")
    terminal.enrol(text_of_the_qr_code)             # once; makes a key of its own
    terminal.debit("7K3QM-XW04T", 1200)             # retries a lost answer with the same key
    terminal.keep_allowance("7K3QM-XW04T", 3000)    # while online: 30.00 for later
    terminal.fetch_terms()                          # while online: what may be risked
    terminal.debit_offline("7K3QM-XW04T", 1200)     # without any network
    terminal.settle()                               # when it is back; safe to repeat

Amounts are in centimes. A device keeps `private`, `sequence` and `queue` on its disk.
"""

import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contracts import ticket_code
from contracts.errors import DomainError

TIMEOUT_S = 5
TOKEN_S = 300
AUDIENCE = "wallet-terminal"
BATCH = 50


class OfflineRefused(Exception):
    """Nothing covers this debit now: the terminal must not sell."""


@dataclass
class Allowance:
    grant_id: str
    left: int
    ends_at: datetime


class TerminalClient:
    def __init__(self, url: str) -> None:
        self.url = url
        self.private = Ed25519PrivateKey.generate()
        self.id = ""
        self.ticket_keys: dict[int, Ed25519PublicKey] = {}
        self.allowance_key: Ed25519PublicKey | None = None
        self.allowances: dict[str, Allowance] = {}
        self.terms: dict[str, Any] = {}
        self.sequence = 0
        self.queue: list[str] = []
        self.risked: dict[str, int] = defaultdict(int)  # under the present terms, by code
        self._token, self._ends = "", 0

    # ------------------------------------------------------------ online

    def enrol(self, qr_text: str) -> dict[str, Any]:
        """Show the public key with the code of the QR; the private one never leaves."""
        answer = requests.post(f"{self.url}/terminal/v1/enrolments", timeout=TIMEOUT_S, json={
            "enrolment": qr_text,
            "public_key": self.private.public_key().public_bytes_raw().hex(),
        })
        said = _checked(answer)
        self.id = said["terminal"]["terminal_id"]
        self.ticket_keys = {int(key): _public(raw) for key, raw in said["ticket_keys"].items()}
        self.allowance_key = _public(said["allowance_key"])
        return said

    def debit(
        self, code: str, cents: int, attempts: int = 5, key: str = "", **more: Any
    ) -> dict[str, Any]:
        """Sure of its outcome: the same key until there is an answer."""
        body = {"code": code, "amount": _money(cents), **more}
        return self.post("/terminal/v1/debits", body, key or str(uuid4()), attempts)

    def post(
        self, path: str, body: dict[str, Any], key: str = "", attempts: int = 1
    ) -> dict[str, Any]:
        headers = self.headers() | {"Idempotency-Key": key or str(uuid4())}
        while True:
            attempts -= 1
            try:
                answer = requests.post(
                    self.url + path, json=body, headers=headers, timeout=TIMEOUT_S)
            except requests.RequestException:
                if not attempts:
                    raise
                time.sleep(0.2)
                continue
            if answer.status_code < 500 or not attempts:
                return _checked(answer)
            time.sleep(0.2)

    def get(self, path: str) -> dict[str, Any]:
        return _checked(requests.get(self.url + path, headers=self.headers(), timeout=TIMEOUT_S))

    def headers(self) -> dict[str, str]:
        """A token that the terminal signs itself, for five minutes."""
        now = int(time.time())
        if now > self._ends - 30:
            self._ends = now + TOKEN_S
            self._token = jwt.encode(
                {"aud": AUDIENCE, "iat": now, "exp": self._ends}, self.private, "EdDSA",
                {"kid": self.id})
        return {"Authorization": f"Bearer {self._token}"}

    def keep_allowance(self, code: str, cents: int, minutes: int = 240) -> None:
        """The server holds the amount; its signature is checked before it is relied upon."""
        said = self.post("/terminal/v1/allowances",
                         {"code": code, "amount": _money(cents), "minutes": minutes})
        claims = self._signed(said["signed"])
        self.allowances[claims["code"]] = Allowance(
            claims["jti"], claims["amount"], datetime.fromtimestamp(claims["exp"], UTC))

    def fetch_terms(self) -> None:
        claims = self._signed(self.get("/terminal/v1/offline-terms")["signed"])
        if claims["jti"] != self.terms.get("jti"):
            self.risked.clear()
        self.terms = claims

    # ------------------------------------------------------------ offline

    def debit_offline(self, scanned: str, cents: int, lines: tuple[Any, ...] = ()) -> int:
        """Sign a debit for later; its sequence. Raises OfflineRefused when nothing covers it."""
        code = self._code(scanned)
        self.sequence += 1
        self.queue.append(self.sign({
            "sequence": self.sequence, "code": code, "amount": _money(cents),
            "at": datetime.now(UTC).isoformat(), "grant_id": self._cover(code, cents),
            "lines": list(lines),
        }))
        return self.sequence

    def sign(self, debit: dict[str, Any]) -> str:
        return jwt.encode(debit, self.private, "EdDSA")

    def settle(self) -> list[dict[str, Any]]:
        """Hand in what was sold; what is answered leaves the queue. The answers in order."""
        answers: list[dict[str, Any]] = []
        while self.queue:
            said = self.post("/terminal/v1/offline-debits", {"debits": self.queue[:BATCH]})
            answers += said["items"]
            self.queue = self.queue[BATCH:]
        return answers

    def _cover(self, code: str, cents: int) -> str:
        """An allowance of this wallet, or else the terms: the id of what is relied upon."""
        kept = self.allowances.get(code)
        if kept and kept.left >= cents and datetime.now(UTC) < kept.ends_at:
            kept.left -= cents
            return kept.grant_id
        terms, outage = self.terms, sum(self.risked.values())
        if not terms or time.time() >= terms["exp"] or cents > terms["per_debit"] or (
            self.risked[code] + cents > terms["per_wallet"] or outage + cents > terms["per_outage"]
        ):
            raise OfflineRefused(code)
        self.risked[code] += cents
        return str(terms["jti"])

    def _code(self, scanned: str) -> str:
        """A typed code as it is; of a scanned one the signature is verified here."""
        try:
            if len(scanned) < ticket_code.TEXT_LENGTH:
                return ticket_code.normalise(scanned)
            return ticket_code.read(scanned, self.ticket_keys).code
        except DomainError as refusal:
            raise OfflineRefused(refusal.detail) from None

    def _signed(self, text: str) -> dict[str, Any]:
        """What the wallet says of itself, to this terminal."""
        assert self.allowance_key is not None
        claims: dict[str, Any] = jwt.decode(
            text, self.allowance_key, algorithms=["EdDSA"], options={"require": ["exp"]})
        if claims["sub"] != self.id:
            raise OfflineRefused("This was granted to another terminal.")
        return claims


class Refused(Exception):
    """The server's answer to a request it understood: `code`, `detail`."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status, self.code, self.problem = status, problem.get("code"), problem


def _checked(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code >= 400:
        raise Refused(answer.status_code, answer.json())
    said: dict[str, Any] = answer.json()
    return said


def _public(raw: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(raw))


def _money(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "CHF"}


