"""The code of a ticket: ten characters a person can type, and the signed text of its QR code.

The signed text is 75 bytes, big-endian, in RFC 4648 base32, upper-case, exactly 120 characters and
no padding, so one content has one text and the QR code (alphanumeric mode, level M) is version 5:

    offset  bytes  content
         0      1  version, always 1
         1      1  key id: which public key verifies this text
         2      7  code: 50 random bits, shown as ten Crockford base32 characters
         9      2  revision: a reprint or a transfer raises it, lower ones are then revoked
        11     64  Ed25519 signature of the eleven bytes before it

It says nothing of the holder, the price or the seat. A device verifies it without any network:

    import base64
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    def verify(text, public_keys):  # public_keys: {key id: 32 raw bytes}
        raw = base64.b32decode(text)
        if len(raw) != 75 or raw[0] != 1:
            raise ValueError("not a ticket code")
        key = Ed25519PublicKey.from_public_bytes(public_keys[raw[1]])
        key.verify(raw[11:], raw[:11])  # raises InvalidSignature
        number = int.from_bytes(raw[2:9], "big")
        alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        code = "".join(alphabet[number >> shift & 31] for shift in range(45, -1, -5))
        return code, int.from_bytes(raw[9:11], "big")

`samples/ticket_code.json` has texts to be accepted and texts to be refused.
"""

import base64
import binascii
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contracts.errors import Code, DomainError

VERSION = 1
CODE_LENGTH = 10
TEXT_LENGTH = 120

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_CODE_BITS = 5 * CODE_LENGTH
_SIGNED = struct.Struct(">BB7sH")
_SIGNATURE_BYTES = 64
_MISREAD = str.maketrans("OIL", "011", " -\u00a0\u202f\u2010\u2011\u2013\u2014")


@dataclass(frozen=True, slots=True)
class TicketCode:
    """What a genuine QR text says; whether `revision` is still the valid one, ticketing knows."""

    code: str
    revision: int
    key_id: int


def new_code() -> str:
    """Ten random characters; with 50 bits, guessing one of 100 000 tickets takes 10^10 tries."""
    return _to_characters(secrets.randbits(_CODE_BITS))


def grouped(code: str) -> str:
    """The code as it is printed and read aloud: `7K3QM-XW04T`."""
    return f"{code[:5]}-{code[5:]}"


def normalise(typed: str) -> str:
    """The code in what a person typed: any case, spaces or dashes, O for 0, I or L for 1.

    Raises DomainError TICKET_CODE_MALFORMED.
    """
    code = typed.strip().upper().translate(_MISREAD)
    if len(code) != CODE_LENGTH or not set(code) <= set(_ALPHABET):
        raise DomainError(
            Code.TICKET_CODE_MALFORMED,
            f"A ticket code has {CODE_LENGTH} letters and digits, for example 7K3QM-XW04T.",
        )
    return code


def sign(code: str, revision: int, key_id: int, private_key: Ed25519PrivateKey) -> str:
    """The QR text of a ticket; `code` as `new_code` gives it, revision < 65536, key id < 256."""
    if len(code) != CODE_LENGTH:
        raise ValueError(f"not a ticket's code: {code!r}")
    number = sum(_ALPHABET.index(character) << 5 * i for i, character in enumerate(reversed(code)))
    signed = _SIGNED.pack(VERSION, key_id, number.to_bytes(7, "big"), revision)
    return base64.b32encode(signed + private_key.sign(signed)).decode("ascii")


def read(text: str, public_keys: Mapping[int, Ed25519PublicKey]) -> TicketCode:
    """What a scanned QR text says, once its signature is verified; `public_keys` by key id.

    Raises DomainError TICKET_CODE_MALFORMED, _UNKNOWN_VERSION, _UNKNOWN_KEY or _FORGED.
    """
    raw = _decode(text)
    version, key_id, packed, revision = _SIGNED.unpack_from(raw)
    if version != VERSION:
        raise DomainError(
            Code.TICKET_CODE_UNKNOWN_VERSION,
            "This code was made by a newer version of the ticketing; update this scanner.",
        )
    if key_id not in public_keys:
        raise DomainError(
            Code.TICKET_CODE_UNKNOWN_KEY,
            "This code is signed with a key unknown here: another festival's, or a newer one.",
        )
    try:
        public_keys[key_id].verify(raw[_SIGNED.size :], raw[: _SIGNED.size])
    except InvalidSignature:
        raise DomainError(
            Code.TICKET_CODE_FORGED, "This code was not made by us: its signature is wrong."
        ) from None
    return TicketCode(_to_characters(int.from_bytes(packed, "big")), revision, key_id)


def _decode(text: str) -> bytes:
    try:
        raw = base64.b32decode(text)
    except (binascii.Error, ValueError):
        raw = b""
    # six spare bits above the code's fifty must be zero, so that two texts never mean one code
    if len(raw) != _SIGNED.size + _SIGNATURE_BYTES or raw[2] >> 2:
        raise DomainError(Code.TICKET_CODE_MALFORMED, "This is not one of our ticket codes.")
    return raw


def _to_characters(number: int) -> str:
    return "".join(
        _ALPHABET[number >> shift & 31] for shift in range(_CODE_BITS - 5, -1, -5)
    )
