"""Load plugins: every module of a package is imported, and registers itself."""

import importlib
import pkgutil


def load(package: str) -> None:
    """Import every module of a package, in name order.

    package: dotted name, e.g. ``exports_app.formats``. Modules beginning with ``_`` are shared
    code, not plugins.
    """
    root = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda i: i.name):
        if not info.name.startswith("_"):
            importlib.import_module(f"{package}.{info.name}")
