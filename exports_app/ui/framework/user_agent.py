"""What a browser or a program calls itself, in words."""

from ua_parser import parse


def device(user_agent: str) -> str:
    """E.g. "Chrome on Linux"."""
    parsed = parse(user_agent)
    name = parsed.user_agent.family if parsed.user_agent else "A browser"
    return f"{name} on {parsed.os.family}" if parsed.os else name
