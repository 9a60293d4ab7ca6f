"""Who may ask what, as a page to read: worked out from the routes, by the rule that guards them."""

from collections.abc import Iterable
from html import escape

from contracts.roles import MODIFIERS, Actor, Principal, Role
from gateway.endpoint import PUBLIC, Route

CALLERS = {
    **{
        role.value: Actor(Principal.USER, "", roles=frozenset({role})) for role in Role
    },
    **{
        kind.value: Actor(kind, "") for kind in (
            Principal.ESHOP, Principal.HOLDER, Principal.DEVICE
        )
    },
}
SELLER = Actor(Principal.USER, "", roles=frozenset({Role.POS}))
YES, WITH_POS = "●", "○"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Who may ask what</title>
<style>
body {{ font: 14px sans-serif; margin: 2em }} table {{ border-collapse: collapse }}
th {{ text-align: left; position: sticky; top: 0; background: #fff; padding: 2px 6px }}
td {{ border-top: 1px solid #ddd; padding: 2px 6px }} td.who {{ text-align: center }}
thead th.who {{ writing-mode: vertical-rl }}
</style></head>
<body><h1>Who may ask what</h1>
<p>● may · ○ may together with <code>pos</code> (without it this role grants nothing) ·
“everybody” needs no token. What is one's own (sale point, register, ticket, wallet) is decided by
the service that owns it; what is not is answered with 404 or 403.</p>
<table><thead><tr><th>Route</th>{heads}</tr></thead><tbody>
{rows}
</tbody></table></body></html>
"""


def permissions_page(routes: Iterable[Route]) -> str:
    heads = "".join(f'<th class="who">{escape(name)}</th>' for name in CALLERS)
    return PAGE.format(heads=heads, rows="\n".join(map(_row, routes)))


def cell(route: Route, caller: str) -> str:
    """What the table says of one caller on one route."""
    if route.roles is PUBLIC or CALLERS[caller].may(*route.roles):
        return YES
    if caller in MODIFIERS and not SELLER.may(*route.roles):
        both = Actor(Principal.USER, "", roles=frozenset({Role.POS, Role(caller)}))
        return WITH_POS if both.may(*route.roles) else ""
    return ""


def _row(route: Route) -> str:
    name = f"<td><code>{route.method} {escape(route.path)}</code></td>"
    if route.roles is PUBLIC:
        return f'<tr>{name}<td class="who" colspan="{len(CALLERS)}">everybody</td></tr>'
    cells = "".join(f'<td class="who">{cell(route, caller)}</td>' for caller in CALLERS)
    return f"<tr>{name}{cells}</tr>"
