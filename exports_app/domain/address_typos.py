"""Email addresses whose domain looks like a typing error of a well-known one.

A guess that warns and never refuses: the domain may be real, and nobody asks the DNS. Only a single
slip of the keyboard counts (a character too many, missing or wrong, or two swapped), in

- an ending like .com that is no top-level domain: ``.con``;
- the ending of a provider with very many mailboxes that has none like it: ``gmail.co``;
- the name of such a provider, before one of its endings: ``gmial.com``.

Names of fewer than five letters (gmx, web, live) have too many real neighbours. The first letter
must be right unless it is swapped: people seldom miss it, and ymail.com, email.com, mail.com and
cloud.com differ from their neighbours there.
"""

from functools import lru_cache

_USUAL_ENDINGS = {
    "com": "con cmo ocm cpm cim xom vom comm coom ccom c0m",
    "net": "nte nett neet nrt",
    "org": "ogr rog orgg orrg",
}
"""And their slips that are no top-level domain (IANA, Root Zone Database)."""
_RIGHT = {slip: ending for ending, slips in _USUAL_ENDINGS.items() for slip in slips.split()}
_COUNTRIES_FOR_COM = frozenset({"co", "cm", "om"})
"""Top-level domains one slip from com, under which none of the providers is."""
_NAMES = {
    "gmail": "com",
    "googlemail": "com",
    "icloud": "com",
    "protonmail": "com ch",
    "yahoo": "com ca de es fr gr ie in it co.in co.jp co.uk com.ar com.au com.br com.mx com.tw",
    "hotmail": "com be ca ch de dk es fi fr gr it nl no se co.jp co.uk com.ar com.br com.tr",
    "outlook": "com at be cl cz de dk es fr gr hu ie in it jp pt com.ar com.au com.br",
    "yandex": "ru com by kz ua",
    "comcast": "net",
    "verizon": "net",
    "btinternet": "com",
    "t-online": "de",
    "docomo": "ne.jp",
    "softbank": "ne.jp",
}
_PROVIDERS = {name: frozenset(endings.split()) for name, endings in _NAMES.items()}
"""Names, and the endings under which each has mailboxes."""


def correction(address: str) -> str | None:
    """What a valid address was probably meant to be; None where nothing looks wrong."""
    local, _, domain = address.rpartition("@")
    typed = domain.lower()
    meant = _meant(typed)
    return f"{local}@{meant}" if meant != typed else None


@lru_cache(1_000)
def _meant(domain: str) -> str:
    rest, dot, last = domain.rpartition(".")
    if not dot:
        return domain  # a host of a private network
    name, _, ending = f"{rest}{dot}{_RIGHT.get(last, last)}".partition(".")
    provider = name if name in _PROVIDERS else _misspelt(name, ending)
    if ending in _COUNTRIES_FOR_COM and "com" in _PROVIDERS.get(provider, ()):
        ending = "com"
    return f"{provider}{dot}{ending}"


def _misspelt(name: str, ending: str) -> str:
    """The provider that was meant; the name itself where it is none's."""
    return next(
        (
            provider
            for provider, endings in _PROVIDERS.items()
            if ending in endings and is_one_slip(name, provider)
        ),
        name,
    )


def is_one_slip(typed: str, meant: str) -> bool:
    """Whether two texts differ by one slip (Damerau's distance of 1), but not in the first letter
    alone."""
    start = next(
        (i for i, pair in enumerate(zip(typed, meant, strict=False)) if pair[0] != pair[1]),
        min(len(typed), len(meant)),
    )
    rest, wanted = typed[start:], meant[start:]
    if len(wanted) > 1 and rest == wanted[1] + wanted[0] + wanted[2:]:
        return True
    if start == 0 or rest == wanted:
        return False
    return rest[1:] in {wanted, wanted[1:]} or rest == wanted[1:]
