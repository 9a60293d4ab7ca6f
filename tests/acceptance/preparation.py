"""Before the doors open: people, programme, prices, a register."""

import json

from tests.acceptance.front import Caller, Unexpected, chf
from tests.acceptance.runner import Script
from tests.acceptance.world import PASSWORD, World, eventually, in_minutes

script = Script()

PROGRAMME = """Salle;Date;Heure;Titre;Durée
Grande salle;{day};20h30;Le Lac des ombres {tag};95'
Grande salle;{day};22h30;Nuit de marbre {tag};110'
"""


@script.step("sign in as admin; a wrong password is refused")
def sign_in(world: World) -> None:
    door = Caller(world.gateway, "nobody")
    wrong = {"username": "admin", "password": "not-the-password"}
    if door.ask("POST", "/v1/auth/login", 401, json=wrong)["code"] != "LOGIN_FAILED":
        raise Unexpected("a wrong password has another code")
    unknown = {"username": f"nobody-{world.tag}", "password": "not-the-password"}
    if door.ask("POST", "/v1/auth/login", 401, json=unknown)["code"] != "LOGIN_FAILED":
        raise Unexpected("the answer tells that the account does not exist")
    world.sign_in("admin", "admin", world.admin_password)


@script.step("create sale points, and users with their roles")
def users(world: World) -> None:
    for name, kind in (("desk", "desk"), ("bar", "bar")):
        world.ids[name] = world["admin"].ask("POST", "/v1/sale-points", 201, json={
            "name": f"{name} {world.tag}", "kind": kind})["sale_point_id"]
    shops = world["admin"].get("/v1/sale-points", limit=500)["items"]
    world.ids["eshop"] = next(item["sale_point_id"] for item in shops if item["kind"] == "eshop")
    desk, bar = [world.ids["desk"]], [world.ids["bar"]]
    world.create_user("cashier", ["pos", "on-site"], desk)
    world.create_user("barman", ["wallet_cashier"], bar)
    world.create_user("door", ["entry_check"], desk)
    world.create_user("accountant", ["accounting", "stats"], desk)
    world.create_user("analyst", ["stats"], desk)


@script.step("the web shop exchanges its API key; a customer registers and signs in")
def shop(world: World) -> None:
    key = world["admin"].ask("POST", "/v1/api-keys", 201, json={
        "name": f"web {world.tag}", "sale_point_id": world.ids["eshop"]})
    world.callers["shop"] = shop = Caller(world.gateway, "shop")
    shop.token = shop.ask("POST", "/v1/auth/token", 200, json={"secret": key["secret"]})[
        "access_token"]
    customer = {"email": f"anna-{world.tag}@example.org", "password": PASSWORD}
    shop.ask("POST", "/v1/holders", 201, json={**customer, "name": "Anna Rochat"})
    world.callers["mobile"] = mobile = Caller(world.gateway, "mobile")
    mobile.token = mobile.ask("POST", "/v1/auth/holder-login", 200, json=customer)["access_token"]


@script.step("create a room, a price grid and a screening with two contingents; publish it")
def screening(world: World) -> None:
    admin = world["admin"]
    venue = admin.ask("POST", "/v1/venues", 201, json={
        "name": f"Théâtre {world.tag}", "rooms": [{"name": "Grande salle", "capacity": 40}]})
    world.ids["room"] = venue["rooms"][0]["room_id"]
    world.ids["grid"] = admin.ask("POST", "/v1/price-grids", 201, json={
        "name": f"Grille {world.tag}", "tariffs": [
            {"key": "full", "name": {"fr": "Plein tarif", "en": "Full price"},
             "price": chf(1802), "vat_code": "normal"},
            {"key": "reduced", "name": {"fr": "Tarif réduit"}, "price": chf(1200),
             "vat_code": "normal"}]})["price_grid_id"]
    world.ids["screening"] = publish(world, f"Avant-première {world.tag}", 60, [
        {"name": "Public", "capacity": 30}, {"name": "Invités", "capacity": 10, "stash": True}])
    world.ids["small"] = publish(world, f"Cabine {world.tag}", 90, [
        {"name": "Public", "capacity": 1}])


def publish(world: World, title: str, starts_in: int, contingents: list[dict]) -> str:
    """A screening on sale, once ticketing has heard of it; its id."""
    admin = world["admin"]
    production = admin.ask("POST", "/v1/productions", 201, json={
        "title": {"fr": title}, "duration_min": 90})
    made = admin.ask("POST", "/v1/screenings", 201, json={
        "production_ids": [production["production_id"]], "starts_at": in_minutes(starts_in),
        "room_id": world.ids["room"]})
    path = f"/v1/screenings/{made['screening_id']}"
    if admin.put(f"{path}/contingents", {"contingents": contingents})["capacity"] != sum(
        item["capacity"] for item in contingents
    ):
        raise Unexpected("the capacity is not the sum of the contingents")
    admin.post(f"{path}/price-grid", {"price_grid_id": world.ids["grid"]}, (200, 201))
    admin.post(f"{path}/publish", None, 200)
    eventually(
        lambda: world["cashier"].send("GET", f"{path}/availability").status_code == 200,
        "ticketing knows the screening",
    )
    return str(made["screening_id"])


@script.step("import a programme from a CSV file: preview, apply, a second run writes nothing")
def programme(world: World) -> str:
    day = in_minutes(24 * 60)[:10]
    text = PROGRAMME.format(day=day, tag=world.tag)
    options = {"source": f"acceptance-{world.tag}", "venue": f"Théâtre {world.tag}",
               "price_grid_id": world.ids["grid"], "publish": True}

    def upload() -> dict:
        return world["admin"].ask(
            "POST", "/v1/imports", 201, files={"file": ("programme.csv", text.encode())},
            data={"format": "auto", "options": json.dumps(options)})

    preview = upload()
    if (preview["format"], preview["counts"]["screenings"]) != ("csv", 2):
        raise Unexpected(f"read as {preview['format']}: {preview['counts']}")
    done = world["admin"].post(f"/v1/imports/{preview['import_id']}/apply", None, 200)
    if done["counts"]["created"] != 4:
        raise Unexpected(f"created {done['counts']}")
    again = upload()["counts"]
    if (again["created"], again["changed"], again["unchanged"]) != (0, 0, 4):
        raise Unexpected(f"the same file again would write: {again}")
    return f"{done['counts']['screenings']} screenings, {done['counts']['productions']} productions"


@script.step("create a 5-entry card that may carry a wallet")
def card(world: World) -> None:
    made = world["admin"].ask("POST", "/v1/ticket-types", 201, json={
        "key": f"card-{world.tag}", "name": {"fr": "Carte 5 entrées"}, "kind": "card",
        "windows": [{"bookings": 5}], "tariffs": [
            {"key": "card", "name": {"fr": "Carte 5 entrées"}, "price": chf(7000),
             "vat_code": "normal"}]})
    world.ids["card"] = made["ticket_type_id"]


@script.step("create a register with a float; open a session with a counted float")
def register(world: World) -> None:
    admin = world["admin"]
    world.ids["register"] = admin.post("/v1/registers", {
        "sale_point_id": world.ids["desk"], "name": f"Caisse {world.tag}"})["register_id"]
    path = f"/v1/registers/{world.ids['register']}"
    admin.post(f"{path}/operations",
               {"type": "credit", "amount": chf(20000), "comment": "fonds de caisse"})
    count = {"counts": {"2000": 6, "1000": 5, "500": 4, "200": 5}}
    opened = eventually(lambda: opened_session(world, path, count), "the session is open")
    world.ids["session"] = opened["register_session_id"]


def opened_session(world: World, path: str, count: dict) -> dict | None:
    """Accounting must have heard of the sale point first; then ticketing acknowledges."""
    cashier = world["cashier"]
    if "session" not in world.ids:
        answer = cashier.post(f"{path}/sessions", count, (201, 202))
        world.ids["session"] = answer["register_session_id"]
    found = cashier.get(f"/v1/register-sessions/{world.ids['session']}")
    return found if found["state"] == "open" else None


