"""Templates of templates/web as answers, each with a policy that runs no script and loads nothing it does not need."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from jinja2.sandbox import SandboxedEnvironment
from starlette.responses import HTMLResponse, Response

import templates
from campaigns.colours import theme
from campaigns.compose import Brand

log = logging.getLogger(__name__)

_NO_MORE = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
# A mail is somebody's text: shown apart from our origin, with the images and fonts that it brings.
_MAIL = (
    "sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline' https:; "
    f"img-src https: http: data:; font-src https: data:; {_NO_MORE}"
)


class Pages:
    def __init__(self, brand: Brand, own: Path | None = None) -> None:
        packaged = templates.folder()
        self._packaged = _environment([packaged])
        self._templates = _environment([own, packaged]) if own else self._packaged
        self._always = {"brand": brand, "theme": theme(brand.colours)}
        logo = urlsplit(brand.logo_url)
        images = f"img-src {logo.scheme}://{logo.netloc}; " if logo.netloc else ""
        self._policy = f"default-src 'none'; style-src 'unsafe-inline'; {images}{_NO_MORE}"

    def show(self, name: str, status: int = 200, **names: object) -> HTMLResponse:
        return self._answer(name, status, self._policy, names)

    def show_mail(self, name: str, **names: object) -> HTMLResponse:
        return self._answer(name, 200, _MAIL, names)

    def text(self, file: str, **names: object) -> str:
        """For whoever answers no request with it."""
        return self._rendered(f"web/{file}", names)

    def show_feed(self, name: str, **names: object) -> Response:
        return Response(self._rendered(f"web/{name}.xml", names), media_type="application/atom+xml")

    def _answer(self, name: str, status: int, policy: str, names: dict[str, object]) -> HTMLResponse:
        html = self._rendered(f"web/{name}.html", names)
        return HTMLResponse(html, status, headers={"Content-Security-Policy": policy})

    def _rendered(self, file: str, names: dict[str, object]) -> str:
        """By staff's own template where there is one. One that fails must not keep anybody from opting out."""
        try:
            return self._templates.get_template(file).render(**self._always, **names)
        except Exception as trouble:
            if self._templates is self._packaged:
                raise
            # Only Jinja's own words: others could quote what somebody has typed into a form.
            words = str(trouble) if isinstance(trouble, jinja2.TemplateError) else type(trouble).__name__
            log.error("your %s does not work, so the packaged one is shown: %s", file, words)
            return self._packaged.get_template(file).render(**self._always, **names)


def _environment(folders: list[Path]) -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
    )
