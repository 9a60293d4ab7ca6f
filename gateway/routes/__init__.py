"""Every route, owner by owner. A route is a declaration; nothing here does anything."""

from gateway.endpoint import Route
from gateway.routes import accounting, catalog, identity, ticketing, wallet

ROUTES: tuple[Route, ...] = (
    *identity.ROUTES, *catalog.ROUTES, *ticketing.ROUTES, *wallet.ROUTES, *accounting.ROUTES,
)
