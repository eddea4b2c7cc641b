"""A brand's few colours made into the two palettes, light and dark, that every template paints with.
Each pair that a template sets on another is moved until it can be read; nothing here knows HTML."""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass

from base.errors import BadInput

READABLE = 4.5  # WCAG 2 AA for text of ordinary size; we ask it of large text too
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Colours:
    """What a brand chooses. The shipped values are a set that goes together."""

    accent: str = "#0f5c56"
    accent_text: str = "#ffffff"
    ink: str = "#1f2d2b"
    paper: str = "#fffdf9"
    canvas: str = "#f1ebe1"
    offer: str = "#9a3d12"  # the offer's own accent, so that it never looks like part of the article

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not _HEX.fullmatch(value):
                raise BadInput(f"the brand colour {name} is {value!r}; write it as # and six hex digits, like #0f5c56")


@dataclass(frozen=True)
class Palette:
    """Each text colour is readable on the surface it is named for."""

    canvas: str  # behind everything
    canvas_ink: str
    canvas_link: str
    paper: str  # the article's card
    line: str
    ink: str
    muted: str
    accent: str  # links and list numbers on paper
    hero: str  # the band that carries the title
    hero_ink: str
    hero_muted: str
    button: str
    button_ink: str
    offer: str  # the offer's card
    offer_line: str
    offer_ink: str
    offer_muted: str
    offer_accent: str
    offer_button: str
    offer_button_ink: str


@dataclass(frozen=True)
class Theme:
    light: Palette
    dark: Palette


def theme(colours: Colours) -> Theme:
    return Theme(light=_light(colours), dark=_dark(colours))


def contrast(one: str, other: str) -> float:
    """The WCAG 2 contrast ratio of two `#rrggbb` colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, on: str) -> str:
    """`colour`, moved towards black or white by the least that makes it readable on `on`."""
    goal = "#ffffff" if contrast("#ffffff", on) >= contrast("#000000", on) else "#000000"
    tries = (mix(goal, colour, share / 20) for share in range(21))
    return next((shade for shade in tries if contrast(shade, on) >= READABLE), goal)


def mix(one: str, other: str, share: float) -> str:
    """`share` of `one` in `other`."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def _light(c: Colours) -> Palette:
    offer = mix(c.offer, "#fff6e6", 0.07)
    return Palette(
        canvas=c.canvas,
        canvas_ink=readable(mix(c.ink, c.canvas, 0.8), c.canvas),
        canvas_link=readable(c.ink, c.canvas),
        paper=c.paper,
        line=mix(c.ink, c.paper, 0.13),
        ink=readable(c.ink, c.paper),
        muted=readable(mix(c.ink, c.paper, 0.72), c.paper),
        accent=readable(c.accent, c.paper),
        hero=c.accent,
        hero_ink=_ink_on(c.accent, c.accent_text),
        hero_muted=readable(mix(_ink_on(c.accent, c.accent_text), c.accent, 0.82), c.accent),
        button=c.accent,
        button_ink=_ink_on(c.accent, c.accent_text),
        offer=offer,
        offer_line=mix(c.offer, offer, 0.4),
        offer_ink=readable(mix(c.offer, "#14100c", 0.18), offer),
        offer_muted=readable(mix(c.offer, "#4a423b", 0.25), offer),
        offer_accent=readable(c.offer, offer),
        offer_button=c.offer,
        offer_button_ink=_ink_on(c.offer, "#ffffff"),
    )


def _dark(c: Colours) -> Palette:
    canvas, paper = mix(c.accent, "#0c1110", 0.05), mix(c.accent, "#181f1e", 0.1)
    hero = _dimmed(c.accent)
    offer = mix(c.offer, "#1d1813", 0.16)
    ink, muted = "#efeae1", "#b9c1be"
    accent, offer_accent = readable(_glowing(c.accent), paper), readable(_glowing(c.offer), offer)
    return Palette(
        canvas=canvas,
        canvas_ink=readable(muted, canvas),
        canvas_link=readable(ink, canvas),
        paper=paper,
        line=mix(ink, paper, 0.18),
        ink=readable(ink, paper),
        muted=readable(muted, paper),
        accent=accent,
        hero=hero,
        hero_ink=readable("#fbf7ef", hero),
        hero_muted=readable(mix("#fbf7ef", hero, 0.82), hero),
        button=accent,
        button_ink=readable("#0e1615", accent),
        offer=offer,
        offer_line=mix(c.offer, offer, 0.75),
        offer_ink=readable("#f6e9dc", offer),
        offer_muted=readable("#d8c6b5", offer),
        offer_accent=offer_accent,
        offer_button=offer_accent,
        offer_button_ink=readable("#1d120a", offer_accent),
    )


def _ink_on(surface: str, wanted: str) -> str:
    """The wanted ink if it can be read there, else a plain one: half-way shades look like a mistake."""
    if contrast(wanted, surface) >= READABLE:
        return wanted
    return readable(max("#ffffff", "#14110d", key=lambda ink: contrast(ink, surface)), surface)


def _dimmed(colour: str) -> str:
    """As much of a colour as a large surface bears in the dark."""
    shades = (mix(colour, "#0c1211", share / 100) for share in range(62, 0, -4))
    return next((shade for shade in shades if contrast("#ffffff", shade) >= 9), "#0c1211")


def _glowing(colour: str) -> str:
    """The same hue, light enough to stand out in the dark."""
    hue, _, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in _channels(colour)))
    return "#" + "".join(f"{round(v * 255):02x}" for v in colorsys.hls_to_rgb(hue, 0.69, min(saturation, 0.5)))


def _luminance(colour: str) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (n / 255 for n in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
