"""A small OpenID provider that signs what a test wants it to say."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "sluice"


class Provider:
    """Discovery, keys and tokens. A code stands for what the person who got it is."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.answers: dict[str, dict[str, Any]] = {}
        self.signs_with = self.key
        self.browsers_person = "nobody"
        self.says: dict[str, Any] = {}
        """Of itself, in place of what is so."""
        self.moves_to = ""
        """Where it sends those who ask for its addresses."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())

    @property
    def issuer(self) -> str:
        """Where it is, and its name."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def vouch(self, address: str, sub: str, **claims: Any) -> str:
        """Somebody logs in who was sent to `address`; the query that they come back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "sub": sub}
        code = f"code{len(self.answers)}"
        self.answers[code] = {**said, "nonce": asked["nonce"], **claims}
        return f"?code={code}&state={asked['state']}"

    def let_in(self, address: str) -> str:
        """Where a browser goes on to that came to `address`: its person is logged in already."""
        back_to = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        name = self.browsers_person
        return back_to + self.vouch(address, name, preferred_username=name)

    def token(self, code: str) -> dict[str, Any]:
        """What a code is good for."""
        header = {"alg": "RS256", "kid": "one"}
        signed = jwt.encode(header, self.answers[code], self.signs_with)
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed}

    def discovery(self) -> dict[str, Any]:
        """Its addresses."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            **self.says,
        }

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """What answers its requests."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_moved = provider.moves_to and self.path.startswith("/.well-known")
                if is_moved or self.path.startswith("/authorize"):
                    self.send_response(302)
                    where = provider.moves_to if is_moved else provider.let_in(self.path)
                    self.send_header("Location", where)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                keys = {"keys": [provider.key.as_dict(private=False)]}
                self.tell(keys if self.path == "/keys" else provider.discovery())

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                assert form["code_verifier"]
                self.tell(provider.token(form["code"][0]))

            def tell(self, what: dict[str, Any]) -> None:
                body = json.dumps(what).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Quietly."""

        return Handler


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that answers."""
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.server.shutdown()
        provider.server.server_close()
        thread.join()
