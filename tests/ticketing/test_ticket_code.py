"""The ticket code keeps its promises: one text per content, no text accepted but a signed one."""

import base64
import json
import textwrap
from pathlib import Path

import pytest
import segno
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from contracts import ticket_code
from contracts.errors import Code, DomainError, Kind

SAMPLES = json.loads(
    (Path(ticket_code.__file__).parent / "samples" / "ticket_code.json").read_text("utf-8")
)
PRIVATE_KEYS = {
    int(key_id): Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    for key_id, seed in SAMPLES["private_keys"].items()
}
PUBLIC_BYTES = {int(key_id): bytes.fromhex(raw) for key_id, raw in SAMPLES["public_keys"].items()}
PUBLIC_KEYS = {
    key_id: Ed25519PublicKey.from_public_bytes(raw) for key_id, raw in PUBLIC_BYTES.items()
}

codes = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=10, max_size=10)
revisions = st.integers(0, 65535)
key_ids = st.sampled_from(sorted(PRIVATE_KEYS))


def refused(text: str, public_keys=PUBLIC_KEYS) -> Code:
    with pytest.raises(DomainError) as refusal:
        ticket_code.read(text, public_keys)
    assert refusal.value.kind is Kind.INVALID
    return refusal.value.code


@pytest.mark.parametrize("sample", SAMPLES["accepted"], ids=lambda sample: sample["code"])
def test_accepted_samples_are_read_and_signed_again_to_the_same_text(sample):
    expected = ticket_code.TicketCode(sample["code"], sample["revision"], sample["key_id"])
    assert ticket_code.read(sample["text"], PUBLIC_KEYS) == expected
    key = PRIVATE_KEYS[sample["key_id"]]
    assert ticket_code.sign(sample["code"], sample["revision"], sample["key_id"], key) == (
        sample["text"]
    )


@pytest.mark.parametrize("sample", SAMPLES["refused"], ids=lambda sample: sample["why"])
def test_refused_samples_are_refused_for_the_stated_reason(sample):
    assert refused(sample["text"]) == sample["error"]


def test_the_verification_in_the_docstring_is_a_complete_one():
    source = ticket_code.__doc__.split("any network:\n\n")[1].split("\n\n`samples")[0]
    documented: dict = {}
    exec(textwrap.dedent(source), documented)
    assert len(source.strip().splitlines()) <= 15
    for sample in SAMPLES["accepted"]:
        assert documented["verify"](sample["text"], PUBLIC_BYTES) == (
            sample["code"],
            sample["revision"],
        )
    for sample in SAMPLES["refused"]:
        with pytest.raises((ValueError, KeyError, InvalidSignature)):
            documented["verify"](sample["text"], PUBLIC_BYTES)


@given(codes, revisions, key_ids)
def test_what_is_signed_is_read_back(code, revision, key_id):
    text = ticket_code.sign(code, revision, key_id, PRIVATE_KEYS[key_id])
    assert ticket_code.read(text, PUBLIC_KEYS) == (
        ticket_code.TicketCode(code, revision, key_id)
    )
    assert len(text) == ticket_code.TEXT_LENGTH


def test_every_single_bit_flip_is_refused():
    text = SAMPLES["accepted"][0]["text"]
    raw = base64.b32decode(text)
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        assert refused(base64.b32encode(flipped).decode("ascii")), bit


def test_every_single_bit_flip_of_the_text_is_refused():
    text = SAMPLES["accepted"][0]["text"]
    for position, character in enumerate(text):
        for bit in range(7):
            flipped = text[:position] + chr(ord(character) ^ 1 << bit) + text[position + 1 :]
            assert refused(flipped), (position, bit)


@given(st.text())
def test_any_other_text_is_malformed(text):
    assert refused(text) == Code.TICKET_CODE_MALFORMED


def test_spare_bits_are_zero_even_when_signed():
    signed = bytes([1, 1, 0b100, *range(6), 0, 1])
    text = base64.b32encode(signed + PRIVATE_KEYS[1].sign(signed)).decode("ascii")
    assert refused(text) == Code.TICKET_CODE_MALFORMED


def test_a_key_of_another_festival_under_a_known_id_is_a_forgery():
    text = ticket_code.sign("7K3QMXW04T", 1, 1, Ed25519PrivateKey.generate())
    assert refused(text) == Code.TICKET_CODE_FORGED


@given(codes, revisions, key_ids)
def test_the_qr_code_is_alphanumeric_and_at_most_version_6(code, revision, key_id):
    qr = segno.make(ticket_code.sign(code, revision, key_id, PRIVATE_KEYS[key_id]), error="m")
    assert (qr.mode, qr.error) == ("alphanumeric", "M")
    assert qr.version <= 6


def test_new_codes_are_valid_and_do_not_repeat():
    drawn = {ticket_code.new_code() for _ in range(1_000)}
    assert len(drawn) == 1_000
    assert all(ticket_code.normalise(code) == code for code in drawn)


@given(codes)
def test_a_printed_code_is_found_again(code):
    assert ticket_code.normalise(ticket_code.grouped(code)) == code


@pytest.mark.parametrize(
    "typed",
    ["7k3qm-xw041", " 7K3QM XW04I ", "7K3QM–XWO4L", "7k3qmxwo4l\n", "7K3-QM-XW0-41", "7K3QM XW041"],
)
def test_what_people_type_is_understood(typed):
    assert ticket_code.normalise(typed) == "7K3QMXW041"


@pytest.mark.parametrize(
    "typed", ["", "7K3QM", "7K3QMXW04TT", "7K3QMXW04U", "7K3QMXW04é", "----------"]
)
def test_what_is_no_code_is_refused_with_an_example(typed):
    with pytest.raises(DomainError, match="for example") as refusal:
        ticket_code.normalise(typed)
    assert refusal.value.code == Code.TICKET_CODE_MALFORMED


@pytest.mark.parametrize("code", ["", "7K3QM", "7K3QMXW04TT", "7K3QMXW04U", "7k3qmxw04t"])
def test_only_a_code_as_drawn_can_be_signed(code):
    with pytest.raises(ValueError):
        ticket_code.sign(code, 1, 1, PRIVATE_KEYS[1])
