"""Load plugins: every module of a package is imported, and registers itself."""

import importlib
import pkgutil
from dataclasses import dataclass

OWN = __name__.partition(".")[0]
"""The package of this program: a module that is missing in it is a fault, and cannot be
installed."""


class PluginError(Exception):
    """A plugin has a fault: one line that names its file."""


@dataclass(frozen=True)
class LeftOut:
    """A plugin that was not loaded, since a package that it needs is not installed."""

    file: str
    """From the root of the project, e.g. ``exports_app/formats/parquet.py``."""
    needs: str
    """A text that follows 'it needs'."""

    def __str__(self) -> str:
        return f"{self.file} is left out: it needs {self.needs}"


_left_out: dict[str, LeftOut] = {}


def load(package: str) -> None:
    """Import every module of a package, in name order, except those whose requirements are not
    installed. Raises PluginError.

    package: dotted name, e.g. ``exports_app.formats``. Modules beginning with ``_`` are shared
    code, not plugins.
    """
    root = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda i: i.name):
        if not info.name.startswith("_"):
            _load(f"{package}.{info.name}")


def left_out(package: str = OWN) -> list[LeftOut]:
    """The plugins that were left out of a package and those below it, in name order."""
    return [item for name, item in sorted(_left_out.items()) if name.startswith(f"{package}.")]


def _load(module: str) -> None:
    file = f"{module.replace('.', '/')}.py"
    _left_out.pop(module, None)
    try:
        importlib.import_module(module)
    except ImportError as e:
        if (e.name or "").partition(".")[0] == OWN:
            raise PluginError(_fault(file, e)) from e
        _left_out[module] = LeftOut(file, _needs(e))
    except Exception as e:  # a plugin's code may raise anything; the error names its file
        raise PluginError(_fault(file, e)) from e


def _needs(error: ImportError) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"the Python package {error.name}, which is not installed"
    return f"something that cannot be imported ({_one_line(error)})"


def _fault(file: str, error: Exception) -> str:
    return f"{file} cannot be loaded: {type(error).__name__}: {_one_line(error)}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
