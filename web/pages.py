"""Templates of templates/web as answers, each with a policy that runs no script and loads nothing it does not need."""

from __future__ import annotations

from urllib.parse import urlsplit

import jinja2
from jinja2.sandbox import SandboxedEnvironment
from starlette.responses import HTMLResponse

import templates
from campaigns.colours import theme
from campaigns.compose import Brand

_NO_MORE = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
# A mail is somebody's text: shown apart from our origin, with the images and fonts that it brings.
_MAIL = (
    "sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline' https:; "
    f"img-src https: http: data:; font-src https: data:; {_NO_MORE}"
)


class Pages:
    def __init__(self, brand: Brand) -> None:
        self._templates = SandboxedEnvironment(
            loader=jinja2.FileSystemLoader(templates.folder()),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
        )
        self._always = {"brand": brand, "theme": theme(brand.colours)}
        logo = urlsplit(brand.logo_url)
        images = f"img-src {logo.scheme}://{logo.netloc}; " if logo.netloc else ""
        self._policy = f"default-src 'none'; style-src 'unsafe-inline'; {images}{_NO_MORE}"

    def show(self, name: str, status: int = 200, **names: object) -> HTMLResponse:
        return self._answer(name, status, self._policy, names)

    def show_mail(self, name: str, **names: object) -> HTMLResponse:
        return self._answer(name, 200, _MAIL, names)

    def _answer(self, name: str, status: int, policy: str, names: dict[str, object]) -> HTMLResponse:
        html = self._templates.get_template(f"web/{name}.html").render(**self._always, **names)
        return HTMLResponse(html, status, headers={"Content-Security-Policy": policy})
