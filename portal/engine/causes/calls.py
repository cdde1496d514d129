"""Causes for which a call, or a request by hand, did not do what its student meant."""

from portal.engine.causes.cause import Cause
from portal.engine.errors import Part

RESTART = "If you have saved the script since the server was started, restart the server."
NOTHING_LISTENS = Cause(
    "nothing-listens",
    Part.UNKNOWN,
    "Nothing listens there: the server isn't running.",
    "Run the step that starts the server, then call again.",
)
NO_REPLY = Cause(
    "closed-without-reply",
    Part.UNKNOWN,
    "The server closed the connection without an answer.",
    "Look at the server's log: what it did last stands there.",
)
NO_ROUTE = Cause(
    "no-such-route",
    Part.CODE,
    "{call} was answered 404 Not Found: the server that runs has no such route. {routes}",
    f"Call one that it has. {RESTART}",
)
WRONG_METHOD = Cause(
    "wrong-method",
    Part.CODE,
    "{call} was answered 405 Method Not Allowed: {methods}",
    f"Call it with a method that its route takes, or add methods=[…] to the route. {RESTART}",
)
WRONG_TYPE = Cause(
    "wrong-content-type",
    Part.CODE,
    "{call} was answered 415 Unsupported Media Type: the script reads JSON, and the call does not "
    "say that it sends any.",
    "Send a JSON body with the header Content-Type: application/json.",
)
BAD_REQUEST = Cause(
    "bad-request",
    Part.CODE,
    "{call} was answered 400 Bad Request: the script could not use what was sent.",
    "Look at the body and the query that the call sends, and at what the route reads of them.",
)
REFUSED = Cause(
    "refused-by-server",
    Part.CODE,
    "{call} was answered {status}.",
    "The reply says what the server did not like about the call.",
)
BENCH_REFUSED = Cause(
    "no-call-of-ab-was-good",
    Part.CODE,
    "ab made {calls}, and none was answered 2xx.",
    f"Call the same address once by curl: its reply says why. {RESTART}",
)
SERVER_ERROR = Cause(
    "server-error",
    Part.CODE,
    "{call} was answered {status}: {error}",
    "The server's log has the traceback. Mend the script in the Code tab, save it, and restart the "
    "server.",
)
KAFKA_UNREACHED = Cause(
    "kafka-unreached",
    Part.CODE,
    "{call} was answered {status}: {error}",
    'The script did not reach Kafka: in this cluster it is at "{broker}". Mend the address in the '
    "Code tab, save it, and restart the server.",
)
REDIRECTED = Cause(
    "redirected",
    Part.CODE,
    "{call} was answered {status}: it leads to {location}, and curl follows only when it is told "
    "to by -L. The route itself has not run.",
    "Call {location}.",
)
NOTHING_SENT = Cause(
    "nothing-sent",
    Part.CODE,
    "The server answered {answers}, but no new record came to {topics} within {seconds:g} s.",
    "Look in the route for what sends the event, and for the topic that it names. A producer that "
    "isn't flushed sends a moment later.",
)
PRODUCER_STUCK = Cause(
    "producer-stuck",
    Part.CODE,
    "The server answered {answers}, but its producer could not send: {error}",
    'Look at the address of Kafka in the script: in this cluster it is "{broker}".',
)
OTHER_RECORDS = Cause(
    "other-records",
    Part.CODE,
    "{message} This run brought {count} to {topics}; the first reads {first}.",
    "Look at the event that the route makes, and at which script the server runs.",
)

ALL = (
    NOTHING_LISTENS,
    NO_REPLY,
    NO_ROUTE,
    WRONG_METHOD,
    WRONG_TYPE,
    BAD_REQUEST,
    REFUSED,
    BENCH_REFUSED,
    SERVER_ERROR,
    KAFKA_UNREACHED,
    REDIRECTED,
    NOTHING_SENT,
    PRODUCER_STUCK,
    OTHER_RECORDS,
)
BY_STATUS = {7: NOTHING_LISTENS, 52: NO_REPLY}
"""By curl's exit status."""
