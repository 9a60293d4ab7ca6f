"""Check an audit pack: `python3 verify.py [folder]`. Needs Python's own library and nothing else.

It works out again, from the files beside it, every hash, the chain of closures, each signature
(Ed25519, RFC 8032), each account's sums, the balance of every entry, and the Z reports. It says
each fault in a line; exit code 1 when there is any. Compare the public key it prints with the one
that the festival has given you.
"""

import csv
import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def verify(folder):
    """A sentence for each fault."""
    closures = json.loads((folder / "closures.json").read_text("utf-8"))
    yield from chain_faults(closures)
    newest = closures[-1]["content"]
    journal = (folder / "journal.csv").read_bytes()
    if hashlib.sha256(journal).hexdigest() != newest["journal_sha256"]:
        yield "The journal is not the one that was closed."
    yield from journal_faults(journal.decode(), newest)
    yield from z_faults(json.loads((folder / "z_reports.json").read_text("utf-8")), newest)


def chain_faults(closures):
    head = None
    for number, closure in enumerate(closures, start=1):
        content = closure["content"]
        if (content["number"], content["previous_hash"]) != (number, head):
            yield f"Closure {number} does not follow the one before."
        if digest(content) != closure["hash"]:
            yield f"Closure {number} was altered."
        if closure["public_key"] != closures[0]["public_key"]:
            yield f"Closure {number} was signed with another key."
        if not is_signed(closure["public_key"], closure["hash"], closure["signature"]):
            yield f"The signature of closure {number} is wrong."
        head = closure["hash"]


def journal_faults(text, content):
    debit, credit, entries = defaultdict(int), defaultdict(int), defaultdict(int)
    for row in csv.DictReader(text.splitlines()):
        amount = int(row["amount"])
        entries[row["entry_id"]] += amount
        (debit if amount > 0 else credit)[row["account"]] += abs(amount)
    for entry, rest in entries.items():
        if rest:
            yield f"Entry {entry} does not balance: {rest} centimes are left over."
    if len(entries) != content["entries"]:
        yield f"The journal has {len(entries)} entries, the closure {content['entries']}."
    sums = {item["key"]: (item["debit"], item["credit"]) for item in content["accounts"]}
    for key in sorted(sums.keys() | debit.keys() | credit.keys()):
        if sums.get(key) != (debit[key], credit[key]):
            yield f"Account {key}: the journal and the closure differ."


def z_faults(reports, content):
    found = [{key: report[key] for key in ("register_id", "number", "hash")} for report in reports]
    if found != content["z_reports"]:
        yield "The Z reports are not those of the closure."
    heads = {}
    for report in reports:
        name = f"Z {report['number']} of {report['content']['register']}"
        if digest(report["content"]) != report["hash"]:
            yield f"{name} was altered."
        head = heads.get(report["register_id"])
        if head and report["content"]["previous_hash"] != head:
            yield f"{name} does not follow the one before."
        heads[report["register_id"]] = report["hash"]


def digest(content):
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


# ------------------------------------------------------------------ Ed25519, as in RFC 8032


def is_signed(public_key, text, signature):
    key, signed = bytes.fromhex(public_key), bytes.fromhex(signature)
    point, nonce = read_point(key), read_point(signed[:32])
    scalar = int.from_bytes(signed[32:], "little")
    if point is None or nonce is None or len(signed) != 64 or scalar >= ORDER:
        return False
    challenge = hashlib.sha512(signed[:32] + key + text.encode()).digest()
    factor = int.from_bytes(challenge, "little") % ORDER
    base_y = 4 * pow(5, P - 2, P) % P
    base = read_point(base_y.to_bytes(32, "little"))
    return same(times(scalar, base), add(nonce, times(factor, point)))


def read_point(data):
    """In extended coordinates; None when it is not on the curve."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or y >= P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor, point):
    result = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result


def same(one, other):
    return not (
        (one[0] * other[2] - other[0] * one[2]) % P or (one[1] * other[2] - other[1] * one[2]) % P
    )


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    faults = list(verify(folder))
    for fault in faults:
        print(fault)
    if not faults:
        closures = json.loads((folder / "closures.json").read_text("utf-8"))
        print(f"{len(closures)} closures hold; signed by {closures[-1]['public_key']}.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
