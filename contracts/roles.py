"""Who may do what: the fifteen roles of the manual (§7.1), the principals, and the actor."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a user may be given. `MODIFIERS` grant nothing without `POS` (or `ADMIN`)."""

    ADMIN = "admin"
    POS = "pos"
    ON_SITE = "on-site"
    PARTNER = "partner"
    OVERBOOKER = "overbooker"
    TRANSFER = "transfer"
    ACCRED = "accred"
    TICKET_EDITOR = "ticket_editor"
    REFUND = "refund"
    WALLET_CASHIER = "wallet_cashier"
    WALLET_MANAGER = "wallet_manager"
    ACCOUNTING = "accounting"
    ENTRY_CHECK = "entry_check"
    STATS = "stats"
    WAITER = "waiter"


MODIFIERS = frozenset({
    Role.ON_SITE, Role.PARTNER, Role.OVERBOOKER, Role.REFUND, Role.TICKET_EDITOR, Role.TRANSFER,
    Role.WAITER,
})


class Principal(StrEnum):
    """What kind of caller an actor is."""

    USER = "user"
    ESHOP = "eshop"  # the web shop's key
    HOLDER = "holder"  # a customer
    DEVICE = "device"  # a scanner: controls entries, nothing else
    TERMINAL = "terminal"  # a bar's device, at the wallet's terminal door only
    SYSTEM = "system"  # our own services, on the bus
    ANONYMOUS = "anonymous"  # not signed in: known by their network address alone


Grant = Role | Principal
ANYONE_SIGNED_IN: tuple[Grant, ...] = (
    Principal.USER, Principal.ESHOP, Principal.HOLDER, Principal.DEVICE,
)


class Action(StrEnum):
    """What a colleague may approve for once; `role` is what doing it needs."""

    REFUND = "refund"
    OVERBOOK = "overbook"

    @property
    def role(self) -> Role:
        return {Action.REFUND: Role.REFUND, Action.OVERBOOK: Role.OVERBOOKER}[self]


@dataclass(frozen=True, slots=True)
class Approval:
    """A colleague's consent to one action on one object, to be spent once
    (`chassis.approvals`). `id` is its own."""

    id: str
    approver_id: str
    approver_name: str
    action: Action
    object_id: str


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of one request or message; `sale_points` limits where a user may act."""

    kind: Principal
    id: str
    name: str = ""
    roles: frozenset[Role] = frozenset()
    sale_points: frozenset[UUID] = field(default_factory=frozenset)
    approval: Approval | None = None

    def grants(self) -> frozenset[Grant]:
        """What the actor really holds: modifiers fall away without a right to sell."""
        if self.kind is Principal.DEVICE:
            return frozenset({Role.ENTRY_CHECK})
        if self.kind is not Principal.USER:
            return frozenset({self.kind})
        if Role.ADMIN in self.roles:
            return frozenset(Role)
        if Role.POS in self.roles:
            return frozenset(self.roles)
        return frozenset(self.roles - MODIFIERS)

    def may(self, *wanted: Grant) -> bool:
        """True when any of `wanted` is granted; `Principal.USER` is granted to every user."""
        return self.kind in wanted or not self.grants().isdisjoint(wanted)

    def sells_at(self, sale_point_id: UUID) -> bool:
        return self.may(Role.ADMIN) or sale_point_id in self.sale_points

    def to_dict(self) -> dict[str, object]:
        said: dict[str, object] = {
            "kind": self.kind.value, "id": self.id, "name": self.name,
            "roles": sorted(self.roles), "sale_points": sorted(map(str, self.sale_points)),
        }
        return said | {"approval": asdict(self.approval)} if self.approval else said

    @classmethod
    def from_dict(cls, data: dict) -> "Actor":
        return cls(
            kind=Principal(data["kind"]), id=data["id"], name=data.get("name", ""),
            roles=frozenset(map(Role, data.get("roles", ()))),
            sale_points=frozenset(map(UUID, data.get("sale_points", ()))),
            approval=_approval(data.get("approval")),
        )


def _approval(data: dict | None) -> Approval | None:
    return Approval(**data | {"action": Action(data["action"])}) if data else None


def system(name: str) -> Actor:
    """The actor behind what a service does by itself (timers, reactions to facts)."""
    return Actor(Principal.SYSTEM, name, name)


def anonymous(address: str) -> Actor:
    """The actor behind a request without a token; signing in is slowed down by `address`."""
    return Actor(Principal.ANONYMOUS, address)
