"""What Reflex reads first."""

from exports_app.launch.env import prepare

prepare()  # before Reflex is imported: it reads the environment at import

import reflex as rx  # noqa: E402

from exports_app import settings  # noqa: E402
from exports_app.launch.plugin import SameOrigin  # noqa: E402
from exports_app.ui.components.compiling import Parts, ThemesInUse  # noqa: E402

_redis = settings.get().redis or None

config = rx.Config(
    app_name="exports_app",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    # In this process, or in Redis for several; Reflex's own default writes pickled states, cookies
    # among them, to .states/
    state_manager_mode="redis" if _redis else "memory",
    redis_url=_redis,
    # no other site may read; api/middleware/gateway.py checks the websocket's origin
    cors_allowed_origins=[],
    # seconds; also of the states in memory: a closed tab's is gone after half an hour
    redis_token_expiration=1800,
    plugins=[
        ThemesInUse(
            theme=rx.theme(
                appearance="inherit", accent_color="indigo", gray_color="slate", radius="medium"
            )
        ),
        SameOrigin(),
        Parts(),
    ],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
