"""User and password of Redis, asked for at each new connection: the file that holds the password
may have changed."""

import asyncio
from collections.abc import Callable

from redis.credentials import CredentialProvider

from exports_app import setting_urls


class CurrentCredentials(CredentialProvider):
    """url: the URL that counts now."""

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url

    # The library's type has no connection without a password, which it makes of no arguments
    def get_credentials(self) -> tuple[str, ...]:  # type: ignore[override]
        user, password = setting_urls.credentials(self._url())
        if user:  # also one without a password, which Redis takes as an empty one
            return user, password
        return (password,) if password else ()

    async def get_credentials_async(self) -> tuple[str, ...]:  # type: ignore[override]
        return await asyncio.to_thread(self.get_credentials)  # it reads files
