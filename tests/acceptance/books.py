"""The evening: statistics, statements, closing, and every franc in its place."""

import csv
import io
from decimal import Decimal

from openpyxl import load_workbook

from tests.acceptance.front import Unexpected, chf
from tests.acceptance.runner import Script
from tests.acceptance.world import World, eventually

script = Script()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@script.step("see entries and revenue in the statistics")
def statistics(world: World) -> str:
    def found() -> dict | None:
        rows = world["analyst"].get("/v1/statistics/top", limit=500)["rows"]
        mine = [row for row in rows if row["key"] == world.ids["screening"]]
        return mine[0] if mine and mine[0]["entries"] == 1 and mine[0]["sold"] >= 5 else None

    row = eventually(found, "the statistics know this screening")
    by_day = world["analyst"].get("/v1/statistics/weekday")
    if by_day["entries"] < 1 or by_day["revenue"]["amount"] < row["revenue"]["amount"]:
        raise Unexpected(f"by weekday: {by_day['entries']} entries, {by_day['revenue']}")
    return f"{row['sold']} sold, {row['entries']} entered, CHF {row['revenue']['amount'] / 100:.2f}"


@script.step("the sales statement says the same on screen, as CSV and as Excel")
def sales_statement(world: World) -> str:
    books, rows, cursor = world["accountant"], [], None
    query = {"register_session_id": world.ids["session"]}
    eventually(lambda: booked_orders(world) == 5, "all sales of the session are booked")
    first = page = books.get("/v1/statements/sales", limit=3, **query)
    rows += page["items"]
    while cursor := page["next_cursor"]:
        page = books.get("/v1/statements/sales", limit=3, cursor=cursor, **query)
        rows += page["items"]
    on_screen = sum(row["gross"]["amount"] for row in rows)
    in_csv = csv_gross(books.download("/v1/statements/sales.csv", "text/csv", **query))
    in_excel = excel_gross(books.download("/v1/statements/sales.xlsx", XLSX, **query))
    total = first["totals"]["gross"]["amount"]
    if len({on_screen, in_csv, in_excel, total}) != 1 or first["totals"]["rows"] != len(rows):
        raise Unexpected(f"screen {on_screen}, CSV {in_csv}, Excel {in_excel}, total {total}")
    world.seen["sales"] = first["totals"]
    return f"{len(rows)} lines, CHF {total / 100:.2f}"


def booked_orders(world: World) -> int:
    rows = world["accountant"].get(
        "/v1/statements/sales", limit=500, register_session_id=world.ids["session"])["items"]
    return len({row["sale_id"] for row in rows})


def csv_gross(content: bytes) -> int:
    """Σ of the lines as a reader sees them: only a line of a sale names its sale, the trailer
    below the table does not."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    return sum(int(Decimal(row["Brut"]) * 100) for row in rows if row["Vente"])


def excel_gross(content: bytes) -> int:
    rows = load_workbook(io.BytesIO(content), read_only=True).worksheets[0].values
    header = next(rows)
    gross, sale = header.index("Brut"), header.index("Vente")
    return sum(round(row[gross] * 100) for row in rows if len(row) > sale and row[sale])


@script.step("close the register blind: a blank is refused, a difference counted again; Z report 1")
def closing(world: World) -> str:
    cashier, path = world["cashier"], f"/v1/register-sessions/{world.ids['session']}"
    cash = 20000 + sum(
        row["amount"]["amount"] for row in world.seen["sales"]["by_tender"]
        if row["tender"] == "cash"
    )
    card = 1802
    shown = cashier.get(f"{path}/x-report")["content"]
    if str(cash) in str(shown.get("tenders", "")):
        raise Unexpected("the X report shows the cashier what is to be counted")
    blank = cashier.post(f"{path}/closing", {"counts": {"cash": pieces(cash)}}, 422)
    if blank["code"] != "COUNT_INCOMPLETE":
        raise Unexpected(blank["code"])
    wrong = {"counts": {"cash": pieces(cash - 100), "card": chf(card)}}
    if cashier.post(f"{path}/closing", wrong, 409)["code"] != "COUNT_DIFFERS":
        raise Unexpected("a difference was taken without a recount")
    right = {"counts": {"cash": pieces(cash), "card": chf(card)}}
    cashier.post(f"{path}/closing", right, (201, 202))
    closed = eventually(lambda: closed_session(world, path), "the session is closed")
    world.seen["z"] = cashier.get(f"/v1/z-reports/{closed['z_report_id']}")
    if world.seen["z"]["z_number"] != 1:
        raise Unexpected(f"Z report {world.seen['z']['z_number']}")
    pdf = cashier.download(f"/v1/z-reports/{closed['z_report_id']}.pdf", "application/pdf")
    if not pdf.startswith(b"%PDF-"):
        raise Unexpected("the Z report is no PDF")
    return f"Z 1, cash CHF {cash / 100:.2f}, hash {world.seen['z']['hash'][:12]}…"


def closed_session(world: World, path: str) -> dict | None:
    found = world["cashier"].get(path)
    if found["alert"]:
        raise Unexpected(f"alert: {found['alert']}")
    return found if found["state"] == "closed" else None


def pieces(cents: int) -> dict[str, int]:
    """A drawer with that much in it, in as few pieces as there are."""
    counted = {}
    for piece in (10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5):
        counted[str(piece)], cents = divmod(cents, piece)
    return counted


@script.step("nothing can be sold on the closed session")
def closed(world: World) -> None:
    refused = world.order("cashier", [world.place(1)], 409, sale_point_id=world.ids["desk"],
                          register_session_id=world.ids["session"])
    if refused["code"] != "REGISTER_SESSION_NOT_OPEN":
        raise Unexpected(refused["code"])


@script.step("money check: register, sales, journal and wallets agree; clearing accounts are zero")
def money(world: World) -> str:
    check = eventually(lambda: agreed(world), "all books agree", 15)
    ledger = world["accountant"].get("/v1/wallet-ledger")
    if ledger["total"] != 0 or ledger["liability"] != check["wallet_liability"]:
        raise Unexpected(f"wallets owe {ledger['liability']}, books {check['wallet_liability']}")
    drawer = next(
        item for item in check["registers"] if item["register_id"] == world.ids["register"])
    cash = next(
        row["amount"]["amount"] for row in world.seen["sales"]["by_tender"]
        if row["tender"] == "cash")
    if drawer["drawer"]["amount"] != 20000 + cash or drawer["booked"] != drawer["drawer"]:
        raise Unexpected(f"drawer {drawer}, cash sales {cash}")
    trial = world["accountant"].get("/v1/statements/trial-balance")
    if trial["debit"] != trial["credit"] or not trial["settled"]:
        raise Unexpected(f"debit {trial['debit']}, credit {trial['credit']}")
    return (f"sales CHF {check['sales']['amount'] / 100:.2f}, "
            f"owed to wallets CHF {ledger['liability']['amount'] / 100:.2f}")


def agreed(world: World) -> dict | None:
    found = world["accountant"].get("/v1/statements/money-check")
    return found if found["agrees"] and not any(found["clearing"].values()) else None
