"""Access tokens of the API: signed, and short-lived. A token says who the caller is; their rights
are read from the database at each request."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import jwt
from jwt.types import Options

from exports_app.domain import bounds
from exports_app.domain.errors import InvalidToken
from exports_app.services.core.interfaces import Clock
from exports_app.services.core.records import User
from exports_app.services.keys.derived_keys import ACCESS_TOKENS, Keys, key_id

ISSUER = AUDIENCE = "exports_app"
ALGORITHM = "HS256"
TYPE = "access"


@dataclass(frozen=True)
class Token:
    access_token: str = field(repr=False)
    expires_in: int
    """Seconds."""
    user: User


class AccessTokens:
    def __init__(self, clock: Clock, keys: Keys, lifetime: timedelta) -> None:
        self._clock = clock
        self._keys = keys
        self._lifetime = lifetime

    def issue(self, user: User) -> Token:
        now = self._clock()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user.id,
            "iat": now,
            "exp": now + self._lifetime,
            "jti": str(uuid.uuid4()),
            "typ": TYPE,
            "ver": user.token_version,
        }
        key = self._keys.current(ACCESS_TOKENS)
        token = jwt.encode(claims, key, ALGORITHM, {"kid": key_id(key)})
        return Token(token, int(self._lifetime.total_seconds()), user)

    def claims(self, token: str) -> dict[str, Any]:
        """What a valid token says. Raises InvalidToken for any other."""
        if len(token) > bounds.TOKEN:  # its header is read before its signature is checked
            raise InvalidToken
        try:
            claims = self._decoded(token)
            now = self._clock().timestamp()
            # Its beginning is not compared: a clock that is set back would end all sign-ins
            float(claims["iat"])
            if claims["typ"] != TYPE or now >= float(claims["exp"]):
                raise InvalidToken
        except (jwt.PyJWTError, ValueError, TypeError) as e:
            raise InvalidToken from e
        return claims

    def _decoded(self, token: str) -> dict[str, Any]:
        """Raises InvalidToken where no accepted key signed it; PyJWTError."""
        # The time is checked by our own clock, see `claims`
        options: Options = {
            "require": ["exp", "iat", "iss", "aud", "sub", "jti", "typ"],
            "verify_exp": False,
            "verify_iat": False,
        }
        for key in self._signing_keys(jwt.get_unverified_header(token).get("kid")):
            try:
                claims: dict[str, Any] = jwt.decode(
                    token,
                    key,
                    algorithms=[ALGORITHM],
                    issuer=ISSUER,
                    audience=AUDIENCE,
                    options=options,
                )
            except jwt.InvalidSignatureError:
                continue
            return claims
        raise InvalidToken

    def _signing_keys(self, kid: str | None) -> list[bytes]:
        """The accepted key with this id, or all of them for a token that names none."""
        accepted = self._keys.accepted(ACCESS_TOKENS)
        return [key for key in accepted if kid is None or key_id(key) == kid]
