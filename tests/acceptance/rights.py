"""The wrong role is refused on every step of the cycle, before anything happens."""

from tests.acceptance.front import Unexpected, chf
from tests.acceptance.runner import Script
from tests.acceptance.world import World

script = Script()


def attempts(world: World) -> list[tuple[str, str, str, dict]]:
    """Who must not do what: caller, method, path, body."""
    ids, code = world.ids, world.seen["pass"]["code"]
    session, screening = ids["session"], ids["screening"]
    order = world.seen["cash"]["order_id"]
    return [
        ("cashier", "POST", "/v1/users", {"username": "x"}),
        ("cashier", "POST", "/v1/sale-points", {"name": "x", "kind": "desk"}),
        ("accountant", "POST", "/v1/api-keys", {"name": "x"}),
        ("cashier", "POST", "/v1/screenings", {}),
        ("cashier", "PUT", f"/v1/screenings/{screening}/contingents", {"contingents": []}),
        ("accountant", "POST", f"/v1/screenings/{screening}/price-grid", {}),
        ("cashier", "POST", "/v1/imports", {}),
        ("cashier", "POST", f"/v1/registers/{ids['register']}/operations",
         {"type": "credit", "amount": chf(1)}),
        ("accountant", "POST", f"/v1/registers/{ids['register']}/sessions", {}),
        ("door", "POST", "/v1/orders", {"sale_point_id": ids["desk"], "lines": []}),
        ("barman", "POST", f"/v1/orders/{order}/payments", {"method": "cash", "amount": chf(1)}),
        ("accountant", "POST", f"/v1/tickets/{ids['pass']}/bookings",
         {"screening_id": screening}),
        ("cashier", "POST", f"/v1/wallets/{code}/debits", {"amount": chf(1)}),
        ("barman", "POST", f"/v1/wallets/{code}/credits", {"amount": chf(1)}),
        ("door", "GET", f"/v1/orders/{order}/tickets.pdf", {}),
        ("cashier", "POST", "/v1/checkins", {"code": code}),
        ("cashier", "GET", "/v1/statistics/weekday", {}),
        ("analyst", "GET", "/v1/statements/sales", {}),
        ("analyst", "GET", "/v1/statements/accounting", {}),
        ("accountant", "POST", f"/v1/register-sessions/{session}/closing", {"counts": {}}),
    ]


@script.step("the wrong role is refused on every step, and nobody at all without a token")
def wrong_roles(world: World) -> str:
    places = world.free_places()
    tried = attempts(world)
    for caller, method, path, body in tried:
        options = {"json": body} if method != "GET" else {}
        refused = world[caller].ask(method, path, 403, key="k-" + world.tag, **options)
        if refused["code"] != "ROLE_MISSING":
            raise Unexpected(f"{caller} {method} {path}: {refused['code']}")
        stranger = world.callers["cashier"].session.request(
            method, world.gateway + path, timeout=30, **options)
        if stranger.status_code != 401:
            raise Unexpected(f"without a token {method} {path}: {stranger.status_code}")
    if world.free_places() != places:
        raise Unexpected("a refused request took a place")
    return f"{len(tried)} attempts"
