"""The system under measurement: servers that flush to disk, and a festival prepared for load."""

from uuid import uuid4

import psycopg

from tests.acceptance import preparation
from tests.acceptance.front import chf
from tests.acceptance.world import World, eventually
from tests.running import Festival

WALLETS = 1_000
PER_ORDER = 100


class Stage:
    """`world` has signed-in callers, a register session and a large screening on sale."""

    def __init__(self, festival: Festival) -> None:
        self.festival = festival
        self.world = World(
            festival.gateway, festival.terminal, festival.secrets["ADMIN_PASSWORD"],
            festival.secrets["PAYMENT_WEBHOOK_SECRET"],
        )

    def prepare(self) -> None:
        for step in (preparation.sign_in, preparation.users, preparation.shop,
                     preparation.screening, preparation.card, preparation.register):
            step(self.world)
        venue = self.world["admin"].ask("POST", "/v1/venues", 201, json={
            "name": f"Stade {self.world.tag}", "rooms": [{"name": "Pelouse", "capacity": 100_000}]})
        self.world.ids["room"] = venue["rooms"][0]["room_id"]
        self.world.ids["large"] = preparation.publish(
            self.world, "Concert", 60, [{"name": "Public", "capacity": 50_000}])
        manager = ["pos", "wallet_manager"]
        self.world.create_user("manager", manager, [self.world.ids["desk"]])

    @property
    def desk(self) -> dict[str, str]:
        return {"sale_point_id": self.world.ids["desk"],
                "register_session_id": self.world.ids["session"]}

    def sell(self, line: dict, orders: int) -> list[dict]:
        """Tickets of paid orders of `PER_ORDER` each."""
        tickets = []
        for _ in range(orders):
            order = self.world.order("cashier", [{**line, "quantity": PER_ORDER}], **self.desk)
            tickets += self.world.pay("cashier", order, "cash")["tickets"]
        return tickets

    def wallets(self) -> list[str]:
        """Codes of `WALLETS` wallets with CHF 10 000 on each."""
        line = {"kind": "pass", "ticket_type_id": self.world.ids["card"], "tariff": "card"}
        codes = [item["code"] for item in self.sell(line, WALLETS // PER_ORDER)]
        manager = self.world["manager"]
        for code in codes:
            eventually(lambda code=code: manager.send("GET", f"/v1/wallets/{code}").ok, "a wallet")
            manager.post(f"/v1/wallets/{code}/credits",
                         {"amount": chf(1_000_000), "method": "cash", "reason": "bench"})
        return codes

    def qr_texts(self, count: int) -> list[str]:
        """QR texts of tickets for the large screening."""
        tickets = self.sell(self.world.place(screening="large"), count // PER_ORDER)
        cashier = self.world["cashier"]
        return [cashier.get(f"/v1/tickets/{item['ticket_id']}")["qr_text"] for item in tickets]

    def database_url(self, owner: str) -> str:
        url = self.festival.servers.database_url(self.festival.databases[owner])
        return url.replace("+psycopg", "")

    def database(self, owner: str) -> psycopg.Connection:
        return psycopg.connect(self.database_url(owner))

    def fresh_token(self, caller: str) -> str:
        """Access tokens live ten minutes; a bench may take longer."""
        username = "admin" if caller == "admin" else f"{caller}-{self.world.tag}"
        password = self.world.admin_password if caller == "admin" else preparation.PASSWORD
        return self.world.sign_in(caller, username, password).token


def new_key() -> str:
    return str(uuid4())

