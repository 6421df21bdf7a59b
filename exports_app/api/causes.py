"""Each cause of an error that the API answers: one code, with its status and the texts of its
page."""

from dataclasses import dataclass

from exports_app.domain import errors as e

STATUS: dict[type[e.ExportsError], int] = {
    e.Unauthenticated: 401,
    e.Forbidden: 403,
    e.NotFound: 404,
    e.MethodNotAllowed: 405,
    e.TooSlow: 408,
    e.Conflict: 409,
    e.Gone: 410,
    e.PreconditionFailed: 412,
    e.TooLarge: 413,
    e.AddressTooLong: 414,
    e.UnsupportedCoding: 415,
    e.UnsupportedType: 415,
    e.RangeNotSatisfiable: 416,
    e.WrongHost: 421,
    e.Invalid: 422,
    e.PreconditionRequired: 428,
    e.TooManyRequests: 429,
    e.QuotaExceeded: 429,
    e.HeadersTooLarge: 431,
    e.Internal: 500,
    e.Unavailable: 503,
}
"""Of a class and those that are made of it."""

PATH = "/api/problems"


@dataclass(frozen=True)
class Cause:
    """title, about and fix: as of `ExportsError`."""

    code: str
    status: int
    title: str
    about: str
    fix: str

    @property
    def type(self) -> str:
        """Its address, relative to the server: the same at every installation."""
        return f"{PATH}/{self.code}"


def of_class(kind: type[e.ExportsError]) -> Cause | None:
    """None: the API does not answer with it."""
    status = next((STATUS[c] for c in kind.__mro__ if c in STATUS), None)
    if status is None or not kind.title:
        return None
    return Cause(kind.code, status, kind.title, kind.about, kind.fix)


def _all() -> dict[str, Cause]:
    kinds = [getattr(e, name) for name in e.__all__]
    found = [of_class(kind) for kind in kinds if issubclass(kind, e.ExportsError)]
    return {
        cause.code: cause
        for cause in sorted(filter(None, found), key=lambda cause: (cause.status, cause.code))
    }


CAUSES = _all()
"""By code, in the order of their statuses."""
