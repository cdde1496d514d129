"""Causes for which a server that a step starts is not there, or not as it should be."""

from portal.engine.causes.cause import Cause
from portal.engine.errors import Part

MEND = "Mend it in the Code tab, save it, and run the step again."
PORT_TAKEN = Cause(
    "port-taken",
    Part.UNKNOWN,
    "Port {port} in {service} is already in use by something else.",
    "Stop what listens there (a server that you started yourself?), or reset the cluster.",
)
PORT_IN_USE = Cause(
    "address-in-use",
    Part.UNKNOWN,
    "The port is already in use by something else.",
    "Stop what listens there, or reset the cluster, and run the step again.",
)
NO_KAFKA = Cause(
    "server-wrong-broker",
    Part.CODE,
    "Your server could not reach Kafka (no broker answered at the address it uses{names}).",
    'In this cluster Kafka is at "{broker}". Mend bootstrap_servers in the script, and save it.',
)
BROKER_AWAY = Cause(
    "broker-away",
    Part.UNKNOWN,
    "Your server could not reach Kafka, and nothing answers at {broker} now.",
    "Look at the kafka service's light and its log. If it is down, reset the cluster.",
)
SYNTAX = Cause("server-syntax-error", Part.CODE, "Your script has a syntax error{place}.", MEND)
NO_PACKAGE = Cause(
    "server-missing-package",
    Part.CODE,
    "Your script imports {name}, and there is no such package here{place}.",
    "Do without it: nothing can be installed here.",
)
NO_APP = Cause(
    "no-flask-app",
    Part.CODE,
    "Flask finds no app in your script: {message}",
    "The script has to make one under the name app: app = Flask(__name__).",
)
NO_FILE = Cause(
    "no-such-script",
    Part.LAB,
    "Flask finds no script where the command says that it is: {message}",
    "Look at FLASK_APP in the command, and at the files in the Code tab.",
)
RAISED = Cause("server-raised", Part.CODE, "Your script raised {error}{place} as it began.", MEND)
ENDED = Cause(
    "server-ended",
    Part.CODE,
    "The server ended with exit status {status}. It said last: {last}",
    "Read the output, mend what it names, and run the step again.",
)
KILLED = Cause(
    "ended-by-signal",
    Part.UNKNOWN,
    "It was ended by {signal}, and nothing says who sent that.",
    "Run the step again. If it ends so once more, look at the service's log, or reset the cluster.",
)
SILENT = Cause(
    "server-slow",
    Part.UNKNOWN,
    "The server was started, but port {port} did not answer in {seconds:g} s.",
    "The log shows what it is doing. A script that waits as it begins answers nobody; run the step "
    "again if the host was busy.",
)
NO_ROUTES = Cause(
    "no-routes",
    Part.CODE,
    "The server runs, but its app has no route at all, so nobody can call it.",
    f"A route is a function below @app.route(…). {MEND}",
)

ALL = (
    PORT_TAKEN,
    PORT_IN_USE,
    NO_KAFKA,
    BROKER_AWAY,
    SYNTAX,
    NO_PACKAGE,
    NO_APP,
    NO_FILE,
    RAISED,
    ENDED,
    KILLED,
    SILENT,
    NO_ROUTES,
)
