"""Requests to begin with, each for something that is worth seeing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A request as it is typed; `{host}` and `{port}` stand for the server's."""

    title: str
    text: str
    look: str
    """What to look for in what comes back."""


HOST = "Host: {host}:{port}\n"
EXAMPLES = (
    Example(
        "GET, HTTP/1.1",
        f"GET / HTTP/1.1\n{HOST}\n",
        "What curl sends, in its shortest form. The empty line says that this is all.",
    ),
    Example(
        "GET, HTTP/1.0",
        "GET / HTTP/1.0\n\n",
        "Before 1.1 no Host header was needed, and each connection was for one request.",
    ),
    Example(
        "HEAD: only the headers",
        f"HEAD / HTTP/1.1\n{HOST}\n",
        "The reply tells how long its body would be, and has none.",
    ),
    Example(
        "POST with a body",
        f"POST / HTTP/1.1\n{HOST}Content-Type: application/json\nContent-Length: 15\n\n"
        '{{"sword": "no"}}',
        "After the empty line come exactly as many bytes as Content-Length says: no more Enter.",
    ),
    Example(
        "Keep-alive: two requests",
        f"GET / HTTP/1.1\n{HOST}Connection: keep-alive\n\n"
        f"GET / HTTP/1.1\n{HOST}Connection: close\n\n",
        "Two requests on one connection, if the server keeps it open after the first.",
    ),
    Example(
        "Pipelined: three at once",
        f"GET /1 HTTP/1.1\n{HOST}\nGET /2 HTTP/1.1\n{HOST}\nGET /3 HTTP/1.1\n{HOST}\n",
        "All three are sent before the first reply. Count the replies, and mind their order.",
    ),
    Example(
        "No Host header",
        "GET / HTTP/1.1\n\n",
        "HTTP/1.1 wants a Host header. A strict server answers 400; is yours strict?",
    ),
    Example(
        "A method nobody knows",
        f"BREW / HTTP/1.1\n{HOST}\n",
        "405 and 501 are the honest answers. Does the server name what it allows?",
    ),
    Example(
        "A length that is wrong",
        f"POST / HTTP/1.1\n{HOST}Content-Length: 50\n\nonly this",
        "The server waits for bytes that never come. Hang up when you have seen enough.",
    ),
    Example(
        "Chunked",
        f"POST / HTTP/1.1\n{HOST}Transfer-Encoding: chunked\n\n5\nsword\n0\n\n",
        "Each chunk has its size before it, in hexadecimal; a chunk of no bytes is the last.",
    ),
    Example(
        "Half a request",
        f"GET / HTTP/1.1\n{HOST}",
        "No empty line: the server waits for more headers, for as long as it cares to.",
    ),
    Example(
        "HTTP/0.9",
        "GET /\n",
        "How it began in 1991: a path, and the body comes back alone. Few servers still do.",
    ),
)


def fill(example: Example, host: str, port: int) -> str:
    """An example for one server."""
    return example.text.format(host=host, port=port)
