"""The day itself: desk, web, mobile, wallet, bar and door, each with what must be refused."""

from uuid import uuid4

from contracts import ticket_code
from tests.acceptance.front import Caller, Unexpected, chf
from tests.acceptance.runner import Script
from tests.acceptance.world import World, decode_qr_codes, eventually

script = Script()


def desk(world: World) -> dict:
    return {"sale_point_id": world.ids["desk"], "register_session_id": world.ids["session"]}


@script.step("sell two places at the desk for cash, rounded to 5 centimes, and one by card")
def desk_sales(world: World) -> str:
    order = world.order("cashier", [world.place(2)], **desk(world))
    if (order["due"], order["due_cash"]) != (chf(3604), chf(3605)):
        raise Unexpected(f"due {order['due']}, in coins {order['due_cash']}")
    cash = world.pay("cashier", order, "cash")
    if cash["state"] != "paid" or len(cash["tickets"]) != 2:
        raise Unexpected(f"after the cash: {cash['state']}, {len(cash['tickets'])} tickets")
    world.seen["cash"] = cash
    order = world.order("cashier", [world.place(1)], **desk(world))
    world.seen["card"] = world.pay("cashier", order, "card", reference=f"T-{uuid4()}")
    return f"receipts {cash['receipt_number']} and {world.seen['card']['receipt_number']}"


@script.step("the same idempotency key replays the sale; with another body it is refused")
def replay(world: World) -> None:
    key, before = str(uuid4()), world.free_places()
    body = {"lines": [world.place(1)], **desk(world)}
    first = world["cashier"].send("POST", "/v1/orders", key=key, json=body)
    again = world["cashier"].send("POST", "/v1/orders", key=key, json=body)
    if again.json() != first.json() or again.headers.get("Idempotency-Replayed") != "true":
        raise Unexpected("the second answer is not the first one again")
    other = {**body, "lines": [world.place(2)]}
    refused = world["cashier"].post("/v1/orders", other, 422, key=key)
    if refused["code"] != "IDEMPOTENCY_KEY_REUSED" or world.free_places() != before - 1:
        raise Unexpected(f"{refused['code']}, {world.free_places()} places of {before}")
    missing = world["cashier"].ask("POST", "/v1/orders", 400, json=body)
    if missing["code"] != "IDEMPOTENCY_KEY_MISSING":
        raise Unexpected(missing["code"])
    world["cashier"].post(f"/v1/orders/{first.json()['order_id']}/cancel", None, 200)
    if world.free_places() != before:
        raise Unexpected("cancelling did not give the place back")


@script.step("sell a 5-entry card at the desk and reserve a screening on it")
def desk_reservation(world: World) -> None:
    line = {"kind": "pass", "ticket_type_id": world.ids["card"], "tariff": "card", "quantity": 1}
    order = world.order("cashier", [line], holder={"name": "Lou Favre", "language": "fr"},
                        **desk(world))
    paid = world.pay("cashier", order, "cash")
    world.ids["pass"] = paid["tickets"][0]["ticket_id"]
    before = world.free_places()
    path = f"/v1/tickets/{world.ids['pass']}/bookings"
    world["cashier"].post(path, {"screening_id": world.ids["screening"]})
    if world.free_places() != before - 1:
        raise Unexpected("the reservation took no place")
    twice = world["cashier"].post(path, {"screening_id": world.ids["screening"]}, 409)
    if not twice["errors"]["rules"]:
        raise Unexpected("a refused reservation does not say why")


@script.step("buy on the web: payment simulator with its signed webhook; forgeries refused")
def web_purchase(world: World) -> None:
    order = world.order("shop", [world.place(1)], sale_point_id=world.ids["eshop"],
                        holder={"name": "Mia Rossi", "email": "mia@example.org", "language": "it"})
    pending = world.pay("shop", order, "online")
    payment = pending["payments"][-1]
    forged = world.provider_says(payment["reference"], 1802, secret="not the secret")
    if forged.status_code != 401 or forged.json()["code"] != "WEBHOOK_SIGNATURE":
        raise Unexpected(f"a forged webhook answered {forged.status_code}")
    for _ in range(2):  # providers repeat themselves
        answer = world.provider_says(payment["reference"], 1802)
        if answer.status_code != 200:
            raise Unexpected(f"the webhook answered {answer.status_code}: {answer.text[:300]}")
    paid = world["shop"].get(f"/v1/orders/{order['order_id']}")
    if paid["state"] != "paid" or len(paid["tickets"]) != 1:
        raise Unexpected(f"after the webhook: {paid['state']}")


def buy_pass_online(world: World, caller: str) -> str:
    """A 5-entry card bought online; its ticket id."""
    line = {"kind": "pass", "ticket_type_id": world.ids["card"], "tariff": "card", "quantity": 1}
    order = world.order(caller, [line], sale_point_id=world.ids["eshop"])
    reference = world.pay(caller, order, "online")["payments"][-1]["reference"]
    world.provider_says(reference, 7000).raise_for_status()
    return str(world[caller].get(f"/v1/orders/{order['order_id']}")["tickets"][0]["ticket_id"])


@script.step("reserve from the web, and as mobile app; another's pass does not exist for one")
def reservations(world: World) -> None:
    for caller in ("shop", "mobile"):
        ticket = buy_pass_online(world, caller)
        made = world[caller].post(f"/v1/tickets/{ticket}/bookings",
                                  {"screening_id": world.ids["screening"]})
        if made["state"] != "active":
            raise Unexpected(f"{caller}: {made['state']}")
    world["mobile"].post(f"/v1/tickets/{world.ids['pass']}/bookings",
                         {"screening_id": world.ids["small"]}, 404)


@script.step("load a wallet at the desk as a line of an order")
def load_wallet(world: World) -> None:
    line = {"kind": "wallet_load", "ticket_id": world.ids["pass"], "amount": chf(5000)}
    order = world.order("cashier", [line], **desk(world))
    world.pay("cashier", order, "cash")
    ticket = world["cashier"].get(f"/v1/tickets/{world.ids['pass']}")
    world.seen["pass"] = ticket
    eventually(lambda: balance(world) == 5000, "the load is on the wallet")


def balance(world: World) -> int:
    found = world["cashier"].get(f"/v1/wallets/{world.seen['pass']['code']}")
    return int(found["balance"]["amount"])


@script.step("debit it at the terminal door with its QR code; a lost answer is given again")
def bar(world: World) -> None:
    terminal = Caller(world.terminal, "terminal", world["barman"].token)
    key, qr = str(uuid4()), world.seen["pass"]["qr_text"]
    body = {"code": qr, "amount": chf(1050),
            "lines": [{"label": "Bière", "quantity": 3, "unit_price": chf(350)}]}
    first = terminal.post("/terminal/v1/debits", body, 201, key)
    again = terminal.send("POST", "/terminal/v1/debits", key=key, json=body)
    asked = terminal.get(f"/terminal/v1/debits/{key}")
    if again.json() != first or asked["movement_id"] != first["movement_id"]:
        raise Unexpected("the retried debit is another debit")
    if (first["balance"], balance(world)) != (chf(3950), 3950):
        raise Unexpected(f"balance {first['balance']}, {balance(world)}")


@script.step("a debit over the balance, with a forged code, or without the role is refused")
def bar_refusals(world: World) -> None:
    terminal = Caller(world.terminal, "terminal", world["barman"].token)
    code = world.seen["pass"]["code"]
    over = terminal.post("/terminal/v1/debits", {"code": code, "amount": chf(3951)}, 409)
    if over["code"] != "INSUFFICIENT_FUNDS":
        raise Unexpected(over["code"])
    qr = world.seen["pass"]["qr_text"]
    forged = qr[:60] + ("A" if qr[60] != "A" else "B") + qr[61:]
    terminal.post("/terminal/v1/debits", {"code": forged, "amount": chf(10)}, 422)
    stranger = Caller(world.terminal, "door", world["door"].token)
    stranger.post("/terminal/v1/debits", {"code": code, "amount": chf(10)}, 403)
    Caller(world.terminal, "nobody").post(
        "/terminal/v1/debits", {"code": code, "amount": chf(10)}, 401)
    if balance(world) != 3950:
        raise Unexpected("a refused debit changed the balance")


@script.step("pay an order with the wallet: paid, or declined and held again")
def wallet_payment(world: World) -> None:
    order = world.order("cashier", [world.place(1)], **desk(world))
    paid = world.pay("cashier", order, "wallet", (201, 202), wallet_code=world.seen["pass"]["code"])
    found = eventually(lambda: settled(world, paid), "the wallet has answered")
    if found["state"] != "paid" or balance(world) != 3950 - 1802:
        raise Unexpected(f"{found['state']}, balance {balance(world)}")
    dear = world.order("cashier", [world.place(2)], **desk(world))
    world.pay("cashier", dear, "wallet", (201, 202), wallet_code=world.seen["pass"]["code"])
    found = eventually(lambda: settled(world, dear), "the wallet has answered")
    if found["state"] != "held" or found["payments"][-1]["declined_code"] != "INSUFFICIENT_FUNDS":
        raise Unexpected(f"{found['state']}, {found['payments'][-1]}")
    world["cashier"].post(f"/v1/orders/{dear['order_id']}/cancel", None, 200)


def settled(world: World, order: dict) -> dict | None:
    found = world["cashier"].get(f"/v1/orders/{order['order_id']}")
    return found if found["state"] != "paying" else None


@script.step("sold out is refused, and nobody is charged")
def sold_out(world: World) -> None:
    line = [world.place(1, "small")]
    order = world.order("cashier", line, **desk(world))
    refused = world.order("cashier", line, 409, **desk(world))
    if refused["code"] != "SOLD_OUT":
        raise Unexpected(refused["code"])
    world["cashier"].post(f"/v1/orders/{order['order_id']}/cancel", None, 200)


@script.step("an expired hold gives its place back, alone")
def expired_hold(world: World) -> None:
    order = world.order("cashier", [world.place(1, "small")], hold_seconds=1, **desk(world))
    if world.free_places("small") != 0:
        raise Unexpected("the place is not held")
    eventually(lambda: world.free_places("small") == 1, "the place is back", 15)
    late = world["cashier"].post(f"/v1/orders/{order['order_id']}/payments",
                                 {"method": "cash", "amount": order["due_cash"]}, 409)
    if late["code"] != "ORDER_EXPIRED":
        raise Unexpected(late["code"])


@script.step("print the tickets as PDF; the QR code of every page decodes to its ticket")
def documents(world: World) -> str:
    order = world.seen["cash"]
    pdf = world["cashier"].download(
        f"/v1/orders/{order['order_id']}/tickets.pdf", "application/pdf")
    texts = decode_qr_codes(pdf)
    expected = {
        world["cashier"].get(f"/v1/tickets/{item['ticket_id']}")["qr_text"]
        for item in order["tickets"]
    }
    if set(texts) != expected or len(texts) != 2:
        raise Unexpected(f"{len(texts)} pages, of which {len(set(texts) & expected)} are right")
    if any(len(text) != ticket_code.TEXT_LENGTH for text in texts):
        raise Unexpected("a QR code is not one of ours")
    world.seen["qr"] = texts
    return f"{len(pdf) // 1024} KiB, {len(texts)} pages"


@script.step("scan a ticket in; the second scan is refused; a repeated nonce is not a second scan")
def entry(world: World) -> None:
    scan = {"code": world.seen["qr"][0], "screening_ids": [world.ids["screening"]],
            "direction": "in", "nonce": uuid4().hex}
    door = world["door"]
    first = door.ask("POST", "/v1/checkins", 200, json=scan)
    if first["result"] != "admitted" or not first["first_entry"]:
        raise Unexpected(f"{first['result']}: {first['sentence']}")
    again = door.ask("POST", "/v1/checkins", 200, json=scan)
    if again != first:
        raise Unexpected("the same nonce got another answer")
    second = door.ask("POST", "/v1/checkins", 200, json={**scan, "nonce": uuid4().hex})
    if (second["result"], second["reason"]) != ("refused", "already_in"):
        raise Unexpected(f"second scan: {second['result']} {second['reason']}")
    wrong = door.ask("POST", "/v1/checkins", 200, json={
        **scan, "code": world.seen["qr"][1], "screening_ids": [world.ids["small"]],
        "nonce": uuid4().hex})
    if wrong["reason"] != "wrong_screening":
        raise Unexpected(f"another screening: {wrong['reason']}")
    if door.get(f"/v1/screenings/{world.ids['screening']}/attendance")["inside"] != 1:
        raise Unexpected("not one person is inside")
