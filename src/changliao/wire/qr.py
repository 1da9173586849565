"""Addresses as QR codes."""

import io

import segno

from changliao.wire.call import Answer


def picture(text: str) -> Answer:
    """The text as an SVG that a phone reads off a screen."""
    code = segno.make(text, error="m", micro=False)
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", scale=8, border=2, xmldecl=False, svgclass=None)
    return Answer(drawn.getvalue(), content_type="image/svg+xml")
