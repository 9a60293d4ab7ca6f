"""QR codes of tickets: as SVG for the page and the screen, as PNG for what cannot show SVG."""

import io

import segno

QUIET_ZONE = 4  # modules of white around the code, which scanners need


def qr_svg(text: str) -> str:
    """An inline `<svg>` with its quiet zone, black on white, sized by what contains it."""
    return _qr(text).svg_inline(
        border=QUIET_ZONE, omitsize=True, light="white", svgclass=None, lineclass=None
    )


def qr_png(text: str, module_pixels: int = 10) -> bytes:
    """A black and white PNG; each module is `module_pixels` wide."""
    picture = io.BytesIO()
    _qr(text).save(picture, kind="png", scale=module_pixels, border=QUIET_ZONE)
    return picture.getvalue()


def _qr(text: str) -> segno.QRCode:
    # level M bears 15 % of damage (a crease, a thumb); more would make the modules smaller
    return segno.make_qr(text, error="m", boost_error=False)
