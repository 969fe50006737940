"""Is an ID token good, and whose address does it prove? By OpenID Connect Core 1.0, 3.1.3.7, and a rule for each kind.

Rules of address (also in docs/security.md): the domain must be one that the workspace allows, and the provider must say
that the address is the person's own. Microsoft Entra leaves `email_verified` out; its `email` can be set by a tenant's
admins to anything, so only the tenant's own issuer counts, `tid` must fit it, and the domain list does the rest. Google
says by `hd` whose organisation it is; without it the account is a private one and may have been made for any address.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import InvalidKeyIdError, JoseError

from rcx_app.core import clock
from rcx_app.domain.identity.forms import is_email
from rcx_app.domain.identity.openid import provider as calls
from rcx_app.domain.identity.openid.schemas import Claims, Kind, Refused, Trusted, Vouched

# Signed with the provider's own key. "none" and the ones with a shared secret are no proof of who signed.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_LEEWAY_S = 60


def vouched(provider: Trusted, token: str, nonce: str) -> Vouched:
    """Raises Refused with a reason for the log."""
    claims = _checked(provider, token, nonce)
    email = _address(provider, claims)
    return Vouched(issuer=provider.issuer, subject=str(claims["sub"]), email=email)


def _checked(provider: Trusted, token: str, nonce: str) -> Claims:
    """The claims of a token that is signed by the provider, for us, for this very sign-in, and now."""
    try:
        algorithm = jws.extract_compact(token.encode()).headers().get("alg")
    except (JoseError, ValueError) as error:
        raise Refused("token_unreadable") from error
    if algorithm not in ALGORITHMS:
        raise Refused("algorithm_refused")
    claims, header = _decoded(provider, token)
    options = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
        "nonce": {"essential": True, "value": nonce},
    }
    found = CodeIDToken(claims, header, options, {"nonce": nonce, "client_id": provider.client_id})
    try:
        found.validate(now=int(clock.now().timestamp()), leeway=_LEEWAY_S)
    except JoseError as error:
        raise Refused(f"claims:{error.error}:{getattr(error, 'description', '') or ''}"[:120]) from error
    if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:
        raise Refused("subject_missing")
    return claims


def _decoded(provider: Trusted, token: str) -> tuple[Claims, Claims]:
    """Checked with the kept keys, and once more with the present ones, since providers rotate theirs."""
    for anew in (False, True):
        try:
            decoded = jwt.decode(token, calls.keys(provider, anew=anew), algorithms=ALGORITHMS)
        except (InvalidKeyIdError, JoseError, ValueError) as error:
            if anew:
                raise Refused(f"signature:{type(error).__name__}") from error
            continue
        return dict(decoded.claims), dict(decoded.header)
    raise Refused("signature")


def _address(provider: Trusted, claims: Claims) -> str:
    email = claims.get("email")
    if not isinstance(email, str) or not is_email(email):
        raise Refused("no_address", "Your company's sign-in does not tell your address.", remedy=_TELL)
    domain = email.rpartition("@")[2].lower()
    if domain not in provider.domains:
        raise Refused("domain_not_allowed", f"Addresses of {domain} may not sign in here.", remedy=_TELL)
    if provider.kind is Kind.ENTRA:
        tenant = urlsplit(provider.issuer).path.strip("/").partition("/")[0]
        if claims.get("tid") != tenant:
            raise Refused("other_tenant")
        if claims.get("email_verified") is False or claims.get("xms_edov") in (False, 0, "0", "false"):
            raise Refused("address_not_proven", _NOT_PROVEN, remedy=_TELL)
    elif provider.kind is Kind.GOOGLE:
        if claims.get("email_verified") is not True:
            raise Refused("address_not_proven", _NOT_PROVEN, remedy=_TELL)
        if str(claims.get("hd", "")).lower() not in provider.domains:
            raise Refused("not_of_the_organisation", "This is no account of your organisation.", remedy=_TELL)
    elif claims.get("email_verified") is not True:
        raise Refused("address_not_proven", _NOT_PROVEN, remedy=_TELL)
    return email


_TELL = "Tell an owner of your workspace."
_NOT_PROVEN = "Your company's sign-in does not say that your address is proven."
