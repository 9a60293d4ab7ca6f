"""The rows of SPEC §8, each a function of the stage and the report."""

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from gateway.rpc import RpcClient
from tests.acceptance import preparation
from tests.acceptance.front import chf
from tests.benchmarks import pgbench
from tests.benchmarks.http import Client
from tests.benchmarks.load import run
from tests.benchmarks.report import Report
from tests.benchmarks.stage import Stage, new_key

SECONDS = 8
DEMO = Path(__file__).parents[2] / "deploy" / "local" / "demo" / "vivatech2017.program.csv"
ROWS: list[Callable[[Stage, Report], None]] = []


def row(function: Callable[[Stage, Report], None]) -> Callable[[Stage, Report], None]:
    ROWS.append(function)
    return function


@row
def rpc(stage: Stage, report: Report) -> None:
    """The gateway's client, eight threads, one service process that does nothing."""
    client, calls = RpcClient(stage.festival.servers.amqp_url), 4_000
    client.call("wallet", "ping")
    started = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.call("wallet", "ping"), range(calls)))
    report.at_least("no-op RPC calls through one process, 8 threads",
                    calls / (time.perf_counter() - started), "calls/s", 400)
    client.close()


@row
def debits(stage: Stage, report: Report) -> None:
    """Terminal door, 1 000 wallets, 8 terminals; then pgbench on the same database."""
    codes = stage.wallets()
    stage.world.ids["hot"] = codes[0]

    def debit(client: Client, number: int, turn: int) -> bool:
        body = {"code": random.choice(codes), "amount": chf(150)}
        status, answer = client.send("POST", "/terminal/v1/debits", body, new_key())
        assert status == 201, answer
        return True

    load = run(stage.festival.terminal, stage.fresh_token("barman"), debit, 8, seconds=SECONDS)
    lag = booking_lag(stage)
    bare = pgbench.transactions_per_second(stage.database_url("wallet"), 8, SECONDS)
    report.at_least("terminal debits, 1 000 wallets, 8 terminals", load.rate, "debits/s", 0)
    report.at_least("pgbench, the same SQL effect in the same run", bare, "tx/s", 0)
    report.at_least("terminal debits / pgbench", load.rate / bare, "ratio", 0.40)
    report.at_most("terminal debits, p95", load.percentile(0.95), "ms", 50)
    report.at_most("from a debit's commit to booked in accounting, p95", lag, "s", 1)


def booking_lag(stage: Stage) -> float:
    """Seconds from commit in the wallet to the booking of the same message, 95th percentile."""
    with stage.database("wallet") as wallet:
        said = dict(wallet.execute(
            "SELECT message_id::text, occurred_at FROM outbox WHERE type = 'wallet.debited.v1'"
        ).fetchall())
    deadline, booked = time.monotonic() + 60, {}
    while len(booked) < len(said) and time.monotonic() < deadline:
        time.sleep(0.5)
        with stage.database("accounting") as accounting:
            booked = dict(accounting.execute(
                "SELECT id, at FROM inbox WHERE actor = 'accounting.wallet.debited.v1'"
            ).fetchall())
    assert len(booked) == len(said), f"{len(booked)} of {len(said)} debits are booked"
    lags = sorted((booked[name] - said[name]).total_seconds() for name in said)
    return lags[int(len(lags) * 0.95)]


@row
def hot_wallet(stage: Stage, report: Report) -> None:
    code = stage.world.ids["hot"]
    before = balance(stage, code)

    def debit(client: Client, number: int, turn: int) -> bool:
        status, answer = client.send(
            "POST", "/terminal/v1/debits", {"code": code, "amount": chf(1)}, new_key())
        assert status == 201, answer
        return True

    load = run(stage.festival.terminal, stage.fresh_token("barman"), debit, 32, seconds=SECONDS)
    wrong = before - balance(stage, code) - len(load.latencies)
    report.at_least("one wallet, 32 terminals", load.rate, "debits/s", 150)
    report.at_most("one wallet, 32 terminals: centimes that do not add up", abs(wrong), "", 0)


def balance(stage: Stage, code: str) -> int:
    stage.fresh_token("manager")
    return int(stage.world["manager"].get(f"/v1/wallets/{code}")["balance"]["amount"])


@row
def orders(stage: Stage, report: Report) -> None:
    line = stage.world.place(1, "large")

    def sell(client: Client, number: int, turn: int) -> bool:
        order = {"lines": [line], **stage.desk}
        status, answer = client.send("POST", "/v1/orders", order, new_key())
        assert status == 201, answer
        placed = json.loads(answer)
        status, answer = client.send(
            "POST", f"/v1/orders/{placed['order_id']}/payments",
            {"method": "cash", "amount": placed["due_cash"]}, new_key())
        assert status == 201, answer
        return True

    load = run(stage.festival.gateway, stage.fresh_token("cashier"), sell, 8, seconds=SECONDS)
    report.at_least("orders of one place, paid in cash, 8 clients", load.rate, "orders/s", 60)
    report.at_most("orders of one place, paid in cash, p95", load.percentile(0.95), "ms", 200)


@row
def check_ins(stage: Stage, report: Report) -> None:
    texts, screening = stage.qr_texts(800), stage.world.ids["large"]

    def scan(client: Client, number: int, turn: int) -> bool:
        """Each door has tickets of its own, which go in and out in turn."""
        mine = texts[number::8]
        direction = "in" if turn // len(mine) % 2 == 0 else "out"
        status, answer = client.send("POST", "/v1/checkins", {
            "code": mine[turn % len(mine)], "screening_ids": [screening],
            "direction": direction, "nonce": new_key()})
        assert status == 200 and b'"admitted"' in answer, answer
        return True

    load = run(stage.festival.gateway, stage.fresh_token("door"), scan, 8, seconds=SECONDS)
    report.at_least("check-ins through the gateway, 8 doors", load.rate, "scans/s", 180)
    report.at_most("check-ins through the gateway, p95", load.percentile(0.95), "ms", 60)


@row
def rush(stage: Stage, report: Report) -> None:
    """10 000 buyers, 64 at a time, on 650 places in two contingents."""
    stage.fresh_token("admin")
    stage.fresh_token("cashier")
    rush = stage.world.ids["rush"] = preparation.publish(
        stage.world, "Ruée", 60,
        [{"name": "Parterre", "capacity": 400}, {"name": "Balcon", "capacity": 250}])
    line = stage.world.place(1, "rush")

    def buy(client: Client, number: int, turn: int) -> bool:
        status, answer = client.send(
            "POST", "/v1/orders", {"lines": [line], **stage.desk}, new_key())
        if status == 409:
            return False
        assert status == 201, answer
        placed = json.loads(answer)
        status, answer = client.send(
            "POST", f"/v1/orders/{placed['order_id']}/payments",
            {"method": "cash", "amount": placed["due_cash"]}, new_key())
        assert status == 201, answer
        return True

    run(stage.festival.gateway, stage.fresh_token("cashier"), buy, 64, turns=10_000)
    stage.fresh_token("cashier")
    found = stage.world["cashier"].get(f"/v1/screenings/{rush}/availability")
    report.at_least("10 000 buyers on 650 places: sold", found["confirmed"], "places", 650)
    report.at_most("10 000 buyers on 650 places: oversold",
                   max(found["confirmed"] - 650, 0) + found["overbooked"], "places", 0)
    report.at_most("10 000 buyers on 650 places: stuck",
                   found["held"] + found["unconfirmed"], "places", 0)


@row
def documents(stage: Stage, report: Report) -> None:
    stage.fresh_token("cashier")
    order = stage.world.order("cashier", [stage.world.place(100, "large")], **stage.desk)
    stage.world.pay("cashier", order, "cash")
    started = time.perf_counter()
    stage.world["cashier"].download(
        f"/v1/orders/{order['order_id']}/tickets.pdf", "application/pdf")
    report.at_most("100 ticket PDFs in one file", time.perf_counter() - started, "s", 5)


@row
def programme(stage: Stage, report: Report) -> None:
    """The demo's 1 253 screenings, uploaded and applied; then the same file again."""
    stage.fresh_token("admin")
    admin = stage.world["admin"]
    options = {"source": "bench", "first_day": date.today().isoformat(), "venue": "Paris",
               "time_zone": "Europe/Paris", "price_grid_id": stage.world.ids["grid"],
               "publish": True}

    def upload() -> dict:
        return admin.ask("POST", "/v1/imports", 201, files={"file": DEMO.open("rb")},
                         data={"format": "auto", "options": json.dumps(options)})

    started = time.perf_counter()
    preview = upload()
    admin.post(f"/v1/imports/{preview['import_id']}/apply", None, 200)
    screenings = preview["counts"]["screenings"]
    spent = (time.perf_counter() - started) * 1_000 / screenings
    report.at_most("programme of 1 000 screenings previewed and applied", spent, "s", 5)
    again = upload()["counts"]
    report.at_most("the same programme again: records written",
                   again["created"] + again["changed"], "", 0)


@row
def closing(stage: Stage, report: Report) -> None:
    """The session that everything above was sold on."""
    stage.fresh_token("cashier")
    cashier, session = stage.world["cashier"], stage.world.ids["session"]
    path = f"/v1/register-sessions/{session}"
    counts = {"counts": {"cash": {"100": 0}, "card": chf(0)}}
    cashier.post(f"{path}/closing", counts, (409,))
    started = time.perf_counter()
    cashier.post(f"{path}/closing", {**counts, "reason": "bench"}, (201, 202))
    while cashier.get(path)["state"] != "closed":
        assert time.perf_counter() - started < 60, "the session does not close"
        time.sleep(0.02)
    sold = cashier.get(path)["orders"]
    report.at_most(f"closing a session of {sold} sales", time.perf_counter() - started, "s", 1)
