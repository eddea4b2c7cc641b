"""Whatever colours a brand chooses, everything can be read."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import BadInput
from campaigns.colours import READABLE, Colours, Palette, contrast, mix, readable, theme

COLOURS = st.builds("#{:06x}".format, st.integers(0, 0xFFFFFF))
SURFACE_OF = {
    "canvas_ink": "canvas",
    "canvas_link": "canvas",
    "ink": "paper",
    "muted": "paper",
    "accent": "paper",
    "hero_ink": "hero",
    "hero_muted": "hero",
    "button_ink": "button",
    "offer_ink": "offer",
    "offer_muted": "offer",
    "offer_accent": "offer",
    "offer_button_ink": "offer_button",
}


def unreadable(palette: Palette) -> list[str]:
    shades = asdict(palette)
    return [ink for ink, on in SURFACE_OF.items() if contrast(shades[ink], shades[on]) < READABLE]


@given(st.builds(Colours, COLOURS, COLOURS, COLOURS, COLOURS, COLOURS, COLOURS))
def test_every_brand_can_be_read_in_light_and_dark(colours: Colours) -> None:
    made = theme(colours)
    assert not unreadable(made.light)
    assert not unreadable(made.dark)


def test_colours_that_can_be_read_are_left_as_the_brand_chose_them() -> None:
    light = theme(Colours()).light
    assert (light.accent, light.hero, light.ink, light.paper) == ("#0f5c56", "#0f5c56", "#1f2d2b", "#fffdf9")
    assert readable("#767676", "#ffffff") == "#767676"


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#ffffff", "#ffffff", 1), ("#777777", "#ffffff", 4.48), ("#0000ff", "#ffff00", 8)],
)
def test_contrast_is_the_ratio_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)


def test_mixing_takes_the_share_of_the_first_colour() -> None:
    assert [mix("#000000", "#ffffff", share) for share in (0, 0.5, 1)] == ["#ffffff", "#808080", "#000000"]


@pytest.mark.parametrize("wrong", ["teal", "#0f5", "0f5c56", "#0f5c56; background: url(x)", "#0f5c56\n"])
def test_what_is_no_colour_is_refused_with_its_name(wrong: str) -> None:
    with pytest.raises(BadInput, match="accent"):
        Colours(accent=wrong)
