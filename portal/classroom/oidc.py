"""Signing in at an identity provider: Authlib does OpenID Connect, this says with whom and why not.

Authlib finds the provider's addresses by its issuer, sends state, nonce and a PKCE challenge, and
judges what comes back; who that is in the portal is the business of `services.signing_in`.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from authlib.integrations.base_client import MismatchingStateError, OAuthError
from authlib.integrations.django_client import DjangoOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from joserfc.errors import JoseError
from requests import RequestException

log = logging.getLogger(__name__)
WELL_KNOWN = "/.well-known/openid-configuration"
TIMEOUT_SECONDS = 10
SIGNED_BY = "id_token_signing_alg_values_supported"
SIGNATURES = frozenset(f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512))
"""By the provider's key, which it alone has: no secret that is shared, and none at all."""


class SignInFailed(Exception):
    """The provider has vouched for nobody; the text says so to whoever tried."""


class Straight(OAuth2Session):  # type: ignore[misc]
    """Asks the addresses that the provider has named, and goes nowhere else from there."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """As requests does, but for redirects."""
        return super().request(method, url, *args, **{**kwargs, "allow_redirects": False})


class Provider(DjangoOAuth2App):  # type: ignore[misc]
    """Authlib's, which takes a provider's word on who it is and how it signs."""

    client_cls = Straight

    def load_server_metadata(self) -> dict[str, Any]:
        """What the provider says of itself. Raises RuntimeError for what was not set up."""
        said: dict[str, Any] = super().load_server_metadata()
        signs = SIGNATURES.intersection(said.get(SIGNED_BY, ["RS256"]))
        if said.get("issuer") != settings.OIDC_ISSUER or not signs:
            del said["_loaded_at"]  # It is asked again, the next time.
            raise RuntimeError(f"it calls itself {said.get('issuer')!r}, {SIGNED_BY}: {signs}")
        said[SIGNED_BY] = sorted(signs)
        return said


def is_on() -> bool:
    """Whether the operator has set up a provider."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET)


def must_be_on() -> None:
    """Raises Http404 where no provider is set up."""
    if not is_on():
        raise Http404("Nobody can sign in elsewhere here.")


def client() -> DjangoOAuth2App:
    """Authlib's client of the provider that the settings name."""
    return make_client(
        settings.OIDC_ISSUER,
        settings.OIDC_CLIENT_ID,
        settings.OIDC_CLIENT_SECRET,
        settings.OIDC_SCOPES,
    )


@lru_cache(maxsize=4)
def make_client(issuer: str, client_id: str, secret: str, scopes: str) -> DjangoOAuth2App:
    """Made once a process: it keeps the provider's addresses and keys."""
    return OAuth().register(
        "oidc",
        client_cls=Provider,
        client_id=client_id,
        client_secret=secret,
        server_metadata_url=issuer.rstrip("/") + WELL_KNOWN,
        client_kwargs={
            "scope": scopes,
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_SECONDS,
        },
    )


def begin(request: HttpRequest, *, connects: int | None = None) -> str:
    """Where at the provider somebody is to go; it sends them back. Raises SignInFailed.

    What for is kept with the state, in this browser's session: to connect a login, or to sign in.
    """
    back_to = request.build_absolute_uri(reverse("oidc_done"))
    with told_in_words():
        begun: dict[str, str] = client().create_authorization_url(back_to)
        client().save_authorize_data(request, redirect_uri=back_to, connects=connects, **begun)
    return begun["url"]


def login_to_connect(request: HttpRequest) -> int | None:
    """The login for which whoever comes back went off; None for a sign-in, and for a stray."""
    app = client()
    begun = app.framework.get_state_data(request.session, request.GET.get("state"))
    return begun.get("connects") if begun else None


def finish(request: HttpRequest) -> dict[str, Any]:
    """What the provider says of whoever comes back from it, once. Raises SignInFailed."""
    expected = {
        "iss": {"essential": True, "value": settings.OIDC_ISSUER},
        "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
    }
    app = client()
    with told_in_words():
        try:
            token = app.authorize_access_token(request, claims_options=expected)
        finally:
            # Authlib keeps a state that the provider has refused.
            app.framework.clear_state_data(request.session, request.GET.get("state"))
    claims = token.get("userinfo")
    if not claims or not claims.get("sub"):
        raise SignInFailed(f"{settings.OIDC_NAME} did not say who you are.")
    return dict(claims)


@contextmanager
def told_in_words() -> Iterator[None]:
    """What can go wrong between here and the provider, as SignInFailed."""
    name = settings.OIDC_NAME
    try:
        yield
    except MismatchingStateError as error:
        raise SignInFailed(
            "This sign-in was begun in another browser, or too long ago. Try again from here."
        ) from error
    except OAuthError as error:
        log.warning("%s refused a sign-in: %s", name, error)
        raise SignInFailed(
            f"{name} did not let you in. Try again, or ask its help desk."
        ) from error
    except (JoseError, KeyError, RuntimeError) as error:
        log.warning("%s said something that can't be trusted: %r", name, error)
        raise SignInFailed(
            f"What {name} said could not be trusted. Try again; if it stays so, tell this portal's "
            "admin."
        ) from error
    except (RequestException, ValueError) as error:
        log.warning("%s can't be reached: %r", name, error)
        raise SignInFailed(
            f"{name} does not answer at the moment. Try again in a minute. Meanwhile a "
            "password of this portal works."
        ) from error
