"""Headers that restrict what a browser does with our answers."""

from exports_app.api.cookies import is_secure

HSTS = (b"strict-transport-security", b"max-age=31536000")
"""For a year by https only. Not for subdomains, which may belong to others."""
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
"""Browser features that our pages never use."""
EVERYWHERE = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
DOCUMENTS = [
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", ", ".join(f"{name}=()" for name in UNUSED).encode()),
]
"""For answers that a browser may show as a page."""

DATA = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    *DOCUMENTS,
]
"""For JSON: a browser shows it as text, for which it needs to load nothing."""


def transport(scheme: str, public_url: str) -> list[tuple[bytes, bytes]]:
    """Headers of an answer over https; none over http, where a browser must ignore them."""
    return [HSTS] if is_secure(scheme, public_url) else []
