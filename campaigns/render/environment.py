"""The sandboxed Jinja2 that templates run in, and its errors as sentences. What it makes of subscribers: partial.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from base.errors import Refused, TipsheetError

LINKS = ("unsubscribe", "preferences", "browser")
Rewrite = Callable[[nodes.Template, str], nodes.Template]


class Environment(ImmutableSandboxedEnvironment):
    """One template and what it includes. `rewrite` gets the tree of each of them before it runs."""

    def __init__(self, name: str, source: str, loader: jinja2.BaseLoader, *, html: bool) -> None:
        self.templates = jinja2.ChoiceLoader([jinja2.DictLoader({name: source}), loader])
        super().__init__(
            loader=self.templates,
            autoescape=html,
            undefined=jinja2.StrictUndefined,
            finalize=_shown,
            keep_trailing_newline=True,
        )
        self.globals.pop("lipsum")
        self.root = name
        self.rewrite: Rewrite | None = None
        self.recorder: Any = None  # templates call it where the rewriting put a slot

    def render(self, names: Mapping[str, Any]) -> str:
        with sentences(self.root):
            return self.get_template(self.root).render(names)

    def compile(self, source: Any, name: Any = None, filename: Any = None, *args: Any, **options: Any) -> Any:
        # Named by their template, frames of an error tell where it stands; file names would show this machine's paths.
        return super().compile(source, name, f"template {name}", *args, **options)

    def _generate(self, source: nodes.Template, name: str | None, *args: Any, **options: Any) -> str:
        tree = self.rewrite(source, name or self.root) if self.rewrite else source
        return super()._generate(tree, name, *args, **options)


@contextmanager
def sentences(root: str) -> Iterator[None]:
    """Turns what goes wrong in a template into one sentence with template and line."""
    try:
        yield
    except TipsheetError:
        raise
    except jinja2.TemplateSyntaxError as cause:
        where = cause.name or root
        raise refusal(where, cause.lineno, cause.message or "this is no Jinja2") from cause
    except jinja2.TemplatesNotFound as cause:
        raise refusal(*_place(cause, root), f"there is no template {cause.message}; check its name") from cause
    except jinja2.TemplateNotFound as cause:
        raise refusal(*_place(cause, root), f"there is no template {cause.name!r}; check its name") from cause
    except Exception as cause:
        # A template may fail in any way that Python can: a filter on a wrong type, a missing name, the sandbox.
        words = str(cause).strip().rstrip(".") or type(cause).__name__
        raise refusal(*_place(cause, root), f"{words}; mend the template or what it is given") from cause


def refusal(template: str, line: int, words: str) -> Refused:
    return Refused(f"{template}, line {line}: {words}", template=template, line=line)


def _place(cause: BaseException, root: str) -> tuple[str, int]:
    found = (root, 1)
    trace = cause.__traceback__
    while trace:
        code: CodeType = trace.tb_frame.f_code
        if code.co_filename.startswith("template "):
            found = (code.co_filename.removeprefix("template "), trace.tb_lineno)
        trace = trace.tb_next
    return found


def _shown(value: Any) -> Any:
    return "" if value is None else value
