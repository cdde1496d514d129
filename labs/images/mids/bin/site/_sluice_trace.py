"""Note what becomes of a request: its bytes, its log line, what it sends to Kafka, its error.

A request has a context of its own while it is answered; what `KafkaProducer.send` is given in it
gets a `traceparent` among the record's *headers*, which no consumer prints unless it is asked to.
No request, reply, value or key is changed, and whatever goes wrong here is no error of the script.
"""

import base64
import contextlib
import contextvars
import functools
import inspect
import io
import os
import socket
import sys
import threading
import time

from _sluice_spool import Spool

KEPT = 16 * 1024
"""Bytes that are kept of each direction of a connection."""
HEADERS_SINCE = (0, 11)
"""Brokers before it take no headers."""
TEXT = 300

spool = Spool()
current = contextvars.ContextVar("sluice_request", default=None)
order = threading.Lock()
"""Log lines come in the order in which they were noted."""


def renew():
    """A forked process shares no lock with its parent's threads."""
    global order
    order = threading.Lock()


os.register_at_fork(after_in_child=renew)


class Request:
    """One request, from its first byte to the last of its reply."""

    def __init__(self, handler):
        self.id = os.urandom(16).hex()
        self.is_begun = False
        self.sends = 0
        self.error = None
        self.status = 0
        self.logged_at = 0.0
        self.accepted_at = getattr(handler, "_sluice_accepted", 0.0)
        self.sides = {"in": Side(), "out": Side()}

    def tell_begin(self, handler):
        """It is a request: how it begins."""
        self.is_begun = True
        spool.write(
            "begin",
            id=self.id,
            at=time.time(),
            method=str(handler.command)[:20],
            path=str(handler.path)[:2000],
            **place_of(handler),
        )

    def tell_end(self, handler):
        """Its reply is out, or its caller has gone."""
        came, went = self.sides["in"], self.sides["out"]
        if not came.size and not went.size:
            return
        spool.write(
            "end",
            id=self.id,
            at=time.time(),
            is_request=self.is_begun,
            status=self.status,
            logged_at=self.logged_at,
            accepted_at=self.accepted_at,
            **place_of(handler),
            **({"error": self.error} if self.error else {}),
            **came.told("in"),
            **went.told("out"),
        )


class Side:
    """The bytes of one direction: the first of them, how many, and when."""

    def __init__(self):
        self.kept = bytearray()
        self.size = 0
        self.first = self.last = 0.0

    def take(self, data):
        """Some more."""
        self.last = time.time()
        self.first = self.first or self.last
        self.size += len(data)
        if len(self.kept) < KEPT:
            self.kept += data[: KEPT - len(self.kept)]

    def told(self, name):
        """As a line has it."""
        return {
            name: base64.b64encode(self.kept).decode("ascii"),
            f"{name}_size": self.size,
            f"{name}_first": self.first,
            f"{name}_last": self.last,
        }


class Listening(socket.SocketIO):
    """Reads a socket, and notes what came."""

    handler = None

    def readinto(self, buffer):
        count = super().readinto(buffer)
        if count:
            note_bytes(self.handler, "in", memoryview(buffer)[:count])
        return count


def note_bytes(handler, side, data):
    """Bytes have come or gone."""
    with contextlib.suppress(Exception):
        request = handler._sluice
        if request is not None:
            request.sides[side].take(data)


def place_of(handler):
    """Who asks whom."""
    peer = handler.client_address
    own = handler.server.server_address
    is_tcp = isinstance(peer, tuple) and isinstance(own, tuple)
    return {
        "pid": os.getpid(),
        "peer": str(peer[0])[:64] if is_tcp else "",
        "port": int(peer[1]) if is_tcp else 0,
        "server_port": int(own[1]) if is_tcp else 0,
    }


def listen(handler):
    """Note the bytes of a connection from now on."""
    if type(handler.rfile) is io.BufferedReader and type(handler.rfile.raw) is socket.SocketIO:
        raw = Listening(handler.connection, "r")
        handler.connection._io_refs += 1
        raw.handler = handler
        before, handler.rfile = handler.rfile, io.BufferedReader(raw)
        before.close()
    write = handler.wfile.write

    def noting_write(data):
        note_bytes(handler, "out", data)
        return write(data)

    # One that is made in C takes no attribute: then only what came is known.
    with contextlib.suppress(AttributeError):
        handler.wfile.write = noting_write


def watch_server(module):
    """Requests that a server of werkzeug takes, in whichever thread or process."""
    handler = module.WSGIRequestHandler
    setup, handle = handler.setup, handler.handle_one_request
    run, log_request = handler.run_wsgi, handler.log_request

    @functools.wraps(setup)
    def noting_setup(self):
        self._sluice, self._sluice_accepted = None, time.time()
        setup(self)
        with contextlib.suppress(Exception):
            if spool.is_on():
                listen(self)
                self._sluice = Request(self)

    @functools.wraps(handle)
    def noting_handle(self):
        try:
            return handle(self)
        finally:
            with contextlib.suppress(Exception):
                if self._sluice is not None:
                    self._sluice.tell_end(self)
                    # A connection that is kept may bring another.
                    self._sluice = Request(self)

    @functools.wraps(run)
    def noting_run(self):
        request = self.__dict__.get("_sluice")
        if request is None:
            return run(self)
        with contextlib.suppress(Exception):
            request.tell_begin(self)
        token = current.set(request)
        try:
            return run(self)
        finally:
            current.reset(token)

    @functools.wraps(log_request)
    def noting_log(self, code="-", size="-"):
        request = self.__dict__.get("_sluice")
        if request is None:
            return log_request(self, code, size)
        with order:
            with contextlib.suppress(Exception):
                request.logged_at, request.status = time.time(), int(code)
            return log_request(self, code, size)

    handler.setup, handler.handle_one_request = noting_setup, noting_handle
    handler.run_wsgi, handler.log_request = noting_run, noting_log


def watch_flask(module):
    """Errors of views, before Flask makes a reply of them."""
    flask = module.Flask
    for name in ("handle_user_exception", "handle_exception"):
        setattr(flask, name, noting_error(getattr(flask, name)))


def noting_error(handle):
    """The same, but that the error is noted. Those that are replies, as a 404, are none."""

    @functools.wraps(handle)
    def noting(self, error):
        with contextlib.suppress(Exception):
            request = current.get()
            if request is not None and request.error is None and not hasattr(error, "get_response"):
                request.error = told_of(error)
        return handle(self, error)

    return noting


def told_of(error):
    """An error, and where in the student's own code it was raised."""
    found = {"type": type(error).__name__[:TEXT], "message": str(error)[:TEXT]}
    at = error.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        if is_own(code.co_filename):
            found |= {
                "file": code.co_filename[:TEXT],
                "line": at.tb_lineno,
                "function": code.co_name[:TEXT],
            }
        at = at.tb_next
    return found


def is_own(path):
    """Whether code is the student's, and not a library's."""
    libraries = (sys.prefix, sys.base_prefix, "/usr/lib", "<")
    return not path.startswith(libraries) and "site-packages" not in path


def watch_producer(module):
    """What a producer is given while a request is answered."""
    producer = module.KafkaProducer
    send = producer.send
    names = list(inspect.signature(send).parameters)[2:]
    at = names.index("headers") if "headers" in names else -1

    @functools.wraps(send)
    def noting_send(self, topic, *args, **options):
        request = current.get()
        if request is None:
            return send(self, topic, *args, **options)
        return sent(request, functools.partial(send, self, topic), self, topic, at, args, options)

    producer.send = noting_send


def sent(request, send, producer, topic, at, args, options):
    """Send with the mark where it can be had; tell of the record and of what became of it."""
    request.sends += 1
    told = {"id": request.id, "nth": request.sends, "span": os.urandom(8).hex()}
    marked = None
    with contextlib.suppress(Exception):
        if takes_headers(producer) and at >= 0:
            mark = f"00-{request.id}-{told['span']}-01"
            marked = marked_with(mark, at, args, options)
    spool.write(
        "sent", **told, at=time.time(), topic=str(topic)[:250], is_marked=marked is not None
    )
    try:
        future = attempt(send, marked, args, options)
    except BaseException as error:
        tell_lost(told, error)
        raise
    with contextlib.suppress(Exception):
        future.add_callback(functools.partial(tell_landed, told))
        future.add_errback(functools.partial(tell_lost, told))
    return future


def attempt(send, marked, args, options):
    """With the mark; without where a record that just had room has none for it."""
    if marked is not None:
        try:
            return send(*marked[0], **marked[1])
        except Exception as error:
            if type(error).__name__ != "MessageSizeTooLargeError":
                raise
    return send(*args, **options)


def takes_headers(producer):
    """Whether its broker does, and nothing of the script's looks at them before."""
    serializers = (producer.config.get(f"{part}_serializer") for part in ("key", "value"))
    looks = any(hasattr(each, "serialize") for each in serializers)
    return tuple(producer.config["api_version"]) >= HEADERS_SINCE and not looks


def marked_with(mark, at, args, options):
    """The arguments with one header more; None for headers that are no list, or have a mark."""
    given = args[at] if len(args) > at else options.get("headers")
    if given is not None and (type(given) is not list or has_mark(given)):
        return None
    headers = [*(given or ()), ("traceparent", mark.encode("ascii"))]
    if len(args) > at:
        return (*args[:at], headers, *args[at + 1 :]), options
    return args, {**options, "headers": headers}


def has_mark(headers):
    """Whether there is one that the script has set itself."""
    return any(isinstance(each, tuple) and each[:1] == ("traceparent",) for each in headers)


def tell_landed(told, metadata):
    """The broker has it."""
    with contextlib.suppress(Exception):
        place = {"partition": metadata.partition, "offset": metadata.offset}
        timestamp = getattr(metadata, "timestamp", None)
        at = -1 if timestamp is None else timestamp
        spool.write("landed", **told, at=time.time(), **place, timestamp=at)


def tell_lost(told, error):
    """It was not sent, or nobody said that it was."""
    with contextlib.suppress(Exception):
        name, message = type(error).__name__, str(error)
        spool.write("lost", **told, at=time.time(), error=f"{name}: {message}"[:TEXT])
