"""Same id, same answer: every write runs once, whoever asks and however often.

One table serves RPC, HTTP and bus. The claim is an advisory lock on (actor, id) for the length
of the transaction; the record, with its answer, is committed together with the effect, so there
is no moment at which one exists without the other.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from contracts.envelope import Envelope
from contracts.errors import Code, DomainError, Kind
from contracts.message import REGISTRY, dump, load
from contracts.roles import Actor, system
from services.chassis.database import Database, driver_error, is_clash, is_outage
from services.chassis.unit_of_work import UnitOfWork, to_json

UseCase = Callable[[UnitOfWork, Any], Any]
ATTEMPTS = 3
PAUSE_S = 0.05  # at most, at random: two that clashed shall not meet again
PASSING = frozenset({Kind.BUSY, Kind.UNAVAILABLE, Kind.LIMITED})  # never recorded as the answer
NOT_RECORDED = (Code.VALIDATION_FAILED, Code.IDEMPOTENCY_KEY_REUSED)  # nor are these

CLAIM = """
    SELECT pg_try_advisory_xact_lock(hashtextextended(%(actor)s || ' ' || %(id)s, 0)) AS claimed,
           found.fingerprint, found.answer, found.error
    FROM (SELECT 1) AS one
    LEFT JOIN inbox AS found ON found.actor = %(actor)s AND found.id = %(id)s
"""
RECORD = """
    INSERT INTO inbox (actor, id, fingerprint, answer, error, at)
    VALUES (%(actor)s, %(id)s, %(fingerprint)s, %(answer)s, %(error)s, %(at)s)
"""
# Another process that is at the same message makes this wait for its commit, then leave it out.
CLAIM_MANY = text("""
    INSERT INTO inbox (actor, id, fingerprint, at)
    SELECT :actor, id, fingerprint, :at
    FROM unnest(CAST(:ids AS text[]), CAST(:fingerprints AS text[])) AS new (id, fingerprint)
    ON CONFLICT DO NOTHING RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write answered; `replayed` when it had run before and this is its record."""

    body: Any = None
    error: DomainError | None = None
    replayed: bool = False


def run_once(database: Database, envelope: Envelope, use_case: UseCase) -> Answer:
    """Run a command of RPC or HTTP unless its id has run already. Refusals are answers too,
    recorded and replayed like results, except those that only say "try again".

    A refusal that must leave its trace (a drawer's first count is kept) is returned by the use
    case instead of raised: what was written with it is committed.
    """
    owner = owner_of(envelope.actor)
    try:
        return _settled(database, envelope, use_case, owner)
    except DomainError as refusal:
        if refusal.kind in PASSING or refusal.code in NOT_RECORDED:
            return Answer(error=refusal)
        return _record_refusal(database, envelope, owner, refusal)


def run_unrecorded(database: Database, envelope: Envelope, use_case: UseCase) -> Answer:
    """Run a command that carries or answers a secret, keeping nothing of it: neither the answer
    nor a fingerprint, which would be a fast hash of a password.

    Here too a refusal that must leave its trace (a failed login is counted) is returned.
    """
    try:
        message: Any = load(REGISTRY[envelope.type].cls, envelope.body)
        for _ in range(ATTEMPTS - 1):
            try:
                return _attempt_unrecorded(database, envelope, message, use_case)
            except Exception as error:
                if not is_clash(error):
                    raise
        return _attempt_unrecorded(database, envelope, message, use_case)
    except DomainError as refusal:
        return Answer(error=refusal)


def _attempt_unrecorded(
    database: Database, envelope: Envelope, message: Any, use_case: UseCase
) -> Answer:
    with database.transaction(envelope.actor, envelope.correlation_id) as uow:
        result = use_case(uow, message)
    return _answer(result)


def consume_once(database: Database, queue: str, envelope: Envelope, use_case: UseCase) -> None:
    """React to a bus message once per queue. Here a refusal is a failure: it is raised, so that
    the message is tried again and in the end parked with its reason."""
    _settled(database, envelope, use_case, queue)


def consume_many(
    database: Database, queue: str, envelopes: list[Envelope], use_case: UseCase
) -> None:
    """React to messages of one type in one transaction, each once: `use_case` is given the list
    of those that are new, in their order."""
    cls = REGISTRY[envelopes[0].type].cls
    with database.transaction(system(queue)) as uow:
        new = {row.id for row in uow.session.execute(CLAIM_MANY, {
            "actor": queue, "ids": [envelope.id for envelope in envelopes],
            "fingerprints": [envelope.fingerprint() for envelope in envelopes], "at": uow.now,
        })}
        messages: list[Any] = []
        for envelope in envelopes:
            if envelope.id in new:
                new.remove(envelope.id)  # the same message may stand in the list twice
                messages.append(load(cls, envelope.body, tolerant=True))
        if messages:
            use_case(uow, messages)


def run_query(database: Database, envelope: Envelope, answer: UseCase) -> Answer:
    """Answer a query; asked once more when the connection turns out to be dead."""
    message: Any = load(REGISTRY[envelope.type].cls, envelope.body)
    try:
        return _ask(database, envelope, message, answer)
    except Exception as error:
        if not is_outage(error):
            raise
        return _ask(database, envelope, message, answer)


def _ask(database: Database, envelope: Envelope, message: Any, answer: UseCase) -> Answer:
    with database.transaction(envelope.actor, envelope.correlation_id) as uow:
        return Answer(dump(answer(uow, message)))


def owner_of(actor: Actor) -> str:
    """Whose ids these are: two callers may use the same key without meeting."""
    return f"{actor.kind}:{actor.id}"


def _settled(database: Database, envelope: Envelope, use_case: UseCase, owner: str) -> Answer:
    """Clashes and lost connections are tried again: a commit whose outcome is unknown is found
    in the inbox by the next attempt."""
    declared = REGISTRY[envelope.type]
    message: Any = load(declared.cls, envelope.body, tolerant=declared.kind == "event")
    for _ in range(ATTEMPTS - 1):
        try:
            return _attempt(database, envelope, message, use_case, owner)
        except Exception as error:
            if not (_same_id(error) or is_outage(error) or is_clash(error)):
                raise
            time.sleep(random.uniform(0, PAUSE_S))
    return _attempt(database, envelope, message, use_case, owner)


def _same_id(error: Exception) -> bool:
    cause = driver_error(error)
    return cause is not None and cause.diag.constraint_name == "pk_inbox"


def _attempt(
    database: Database, envelope: Envelope, message: Any, use_case: UseCase, owner: str
) -> Answer:
    with database.transaction(envelope.actor, envelope.correlation_id) as uow:
        key = {"actor": owner, "id": envelope.id}
        found = uow.first(CLAIM, key)
        if found.fingerprint is not None:
            return _replay(envelope, found)
        if not found.claimed:
            raise DomainError(
                Code.IDEMPOTENCY_KEY_RUNNING, "The same request is still being worked on."
            )
        answer = _answer(use_case(uow, message))
        error = answer.error.to_dict() if answer.error else None
        uow.write(RECORD, _record(envelope, owner, uow, answer.body, error))
    return answer


def _answer(result: Any) -> Answer:
    if isinstance(result, DomainError):
        return Answer(error=result)
    return Answer(dump(result))


def _replay(envelope: Envelope, found: Any) -> Answer:
    if found.fingerprint != envelope.fingerprint():
        raise DomainError(
            Code.IDEMPOTENCY_KEY_REUSED, "This Idempotency-Key was used for another request."
        )
    error = DomainError.from_dict(found.error) if found.error else None
    return Answer(found.answer, error, replayed=True)


def _record_refusal(
    database: Database, envelope: Envelope, owner: str, refusal: DomainError
) -> Answer:
    """The answer that stands: this refusal, unless the same request has run again meanwhile."""
    with database.transaction(envelope.actor, envelope.correlation_id) as uow:
        record = _record(envelope, owner, uow, error=refusal.to_dict())
        if uow.first(RECORD + "ON CONFLICT DO NOTHING RETURNING id", record):
            return Answer(error=refusal)
        return _replay(envelope, uow.first(CLAIM, record))


def _record(
    envelope: Envelope, owner: str, uow: UnitOfWork, answer: Any = None, error: Any = None
) -> dict[str, Any]:
    return {
        "actor": owner, "id": envelope.id, "fingerprint": envelope.fingerprint(), "at": uow.now,
        "answer": None if answer is None else to_json(answer),
        "error": None if error is None else to_json(error),
    }
