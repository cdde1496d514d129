"""What the templates of the wire need: read-only."""

from typing import Any

from portal.activities.models import Session
from portal.engine.http import findings
from portal.engine.wire.conversation import read, readable
from portal.wire import captured, compare, queries, shown
from portal.wire.models import LINE_ENDS, Exchange

SHORT = {"refused": "refused", "unreachable": "unreachable", "failed": "failed"}
VIEWS = {"parts": "Parts", "text": "As it came", "hex": "Hex", "compare": "Compare"}


def listed(session: Session) -> list[Exchange]:
    """All exchanges, newest first, without their bytes."""
    return list(queries.exchanges_of(session).defer("response", "pieces"))


def in_order(exchanges: list[Exchange]) -> list[Exchange]:
    """The newest first; what is open comes before all."""
    return sorted(exchanges, key=lambda each: (each.is_open, each.created_at), reverse=True)


def find(session: Session, key: str) -> Exchange | None:
    """One that is kept, or was captured."""
    return queries.find(session, key) or captured.find(session, key)


def context(session: Session, asked: dict[str, str], is_owner: bool) -> dict[str, Any]:
    """The exchanges and the one that is asked for, or the newest."""
    kept = listed(session)
    found = in_order([*kept, *captured.others(captured.newest(session), kept)])
    chosen = find(session, asked.get("exchange", "")) or next(iter(found), None)
    view = asked.get("view", "")
    told: dict[str, Any] = {
        "session": session,
        "is_owner": is_owner,
        "exchanges": [row(each) for each in found],
        "view": view if view in VIEWS else "parts",
        "views": VIEWS,
    }
    if chosen is None:
        return told
    told["exchange"] = chosen
    if chosen.is_open:
        return told
    return told | details(chosen, told["view"], find(session, asked.get("with", "")), found)


def row(exchange: Exchange) -> dict[str, Any]:
    """An exchange in the list."""
    first = bytes(exchange.request)[:300].lstrip(b"\r\n").split(b"\n")[0].rstrip(b"\r")
    words = exchange.status_line.split(" ", 2)[1:]
    status = " ".join(words) or SHORT.get(exchange.ended, "no reply")
    kind = words[0][0] if words else "none"
    if exchange.is_open:
        status = kind = "open"
    return {"exchange": exchange, "line": readable(first)[:80], "status": status, "kind": kind}


def details(
    exchange: Exchange, view: str, other: Exchange | None, found: list[Exchange]
) -> dict[str, Any]:
    """One that is over, in the view that is wanted."""
    request, response = bytes(exchange.request), bytes(exchange.response)
    told: dict[str, Any] = {"line_end": LINE_ENDS[exchange.line_ends]}
    conversation = read(request, response, exchange.ended)
    told["turns"] = conversation.turns
    told["notes"] = conversation.notes
    match view:
        case "text":
            told["rows"] = shown.transcript(exchange)
        case "hex":
            told["request_rows"] = shown.hexadecimal(request)
            told["response_rows"] = shown.hexadecimal(response)
            told["hex_bytes"] = shown.HEX_BYTES
        case "compare":
            others = [each for each in found if each.key != exchange.key and not each.is_open]
            other = other if other and other.key != exchange.key else next(iter(others), None)
            told["others"] = others
            if other is not None:
                told["other"] = other
                told["differences"] = {
                    "Sent": compare.compare(bytes(other.request), request),
                    "Came back": compare.compare(bytes(other.response), response),
                }
        case _:
            told["shown_turns"] = [
                shown.turn(each, request, response) for each in conversation.turns
            ]
            told["findings"] = findings(request, response, exchange.ended)
    return told
