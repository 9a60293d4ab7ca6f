"""The QR code alone, for screens and wallets."""

import io
from xml.etree import ElementTree

from PIL import Image

from services.ticketing.documents import qr_png, qr_svg

TEXT = "A" * 120  # as long as a signed ticket code: QR version 5, 37 modules
MODULES = 37 + 2 * 4  # with its quiet zone


def test_the_svg_is_sized_by_its_container():
    svg = ElementTree.fromstring(qr_svg(TEXT))
    assert svg.attrib["viewBox"] == f"0 0 {MODULES} {MODULES}"
    assert "width" not in svg.attrib


def test_the_png_has_whole_pixels_per_module_and_a_white_border():
    picture = Image.open(io.BytesIO(qr_png(TEXT, module_pixels=4))).convert("L")
    assert picture.size == (4 * MODULES, 4 * MODULES)
    assert set(picture.crop((0, 0, 4 * MODULES, 16)).tobytes()) == {255}
    assert set(picture.tobytes()) == {0, 255}
