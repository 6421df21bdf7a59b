"""Plugins of Reflex's compiler, which keep the first page small."""

from typing import Any

import reflex as rx
from reflex.plugins import Plugin, RadixThemesPlugin
from reflex_base.components.memo import create_component_memo
from reflex_base.plugins import CompileContext, PageContext
from reflex_base.utils import memo_paths

from exports_app.ui.components.part import Part


class Parts(Plugin):
    """Compile what is in a `Part` into a module of its own, which the page imports when the part
    is wanted. Reflex makes one module of all that a page shows, and cannot import components of
    Python at run time."""

    def enter_component(
        self,
        comp: Any,
        /,
        *,
        page_context: PageContext,
        compile_context: Any,
        in_prop_tree: bool = False,  # noqa: ARG002 (the compiler names its arguments)
    ) -> Any:
        if not isinstance(comp, Part) or not comp.children:
            return None
        part: Part = page_context.own(comp)
        part.load = _compile(part, page_context, compile_context)
        part.children = []
        return part


def _compile(part: Part, page: PageContext, compiler: CompileContext) -> rx.Var[Any]:
    """A function for the browser, which imports the component."""
    inside = rx.fragment(*part.children)
    # For the compiler a page of its own, so that the page imports nothing of what is inside
    context = PageContext(
        name=part.name,
        route=page.route,
        root_component=inside,
        source_module=f"{Part.__module__}.{part.name}",
    )
    with context:
        compiled: Any = compiler.hooks.compile_component(
            inside, page_context=context, compile_context=compiler
        )
    page.app_wrap_components.update(context.app_wrap_components)
    memo = create_component_memo(compiled, part.name)
    compiler.auto_memo_components[memo.export_name, None] = memo
    module, symbol = memo_paths.library_and_symbol(None, memo.export_name)
    return rx.Var[Any](f'() => import("{module}").then((part) => part.{symbol})')


class ThemesInUse(RadixThemesPlugin):
    """Radix Themes, of which the pages have only the components they use.

    Reflex puts the whole library into the first page (another 70 KB compressed), for components
    that a State makes at run time. There are none here.
    """

    def get_frontend_dependencies(self, **_: Any) -> tuple[str, ...]:
        return ()
