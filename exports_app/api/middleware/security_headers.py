"""Headers that make a browser careful with what we send."""

from exports_app.api.cookies import is_secure

HSTS = (b"strict-transport-security", b"max-age=31536000")
"""For a year by https only. Not for subdomains, which may be somebody else's."""
UNUSED = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
"""What pages of ours never ask a browser for."""
EVERYWHERE = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
DOCUMENTS = [
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", ", ".join(f"{name}=()" for name in UNUSED).encode()),
]
"""For what a browser may show as a page of its own."""


def transport(scheme: str, public_url: str) -> list[tuple[bytes, bytes]]:
    """What goes with an answer over https; nothing over http, where a browser must not believe
    it."""
    return [HSTS] if is_secure(scheme, public_url) else []
