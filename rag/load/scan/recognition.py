"""What optical recognition sees on a page: boxes of text, and the lines that are ruled on it.

The engine is rapidocr (PP-OCR models inside its wheel, no network), made once, quiet, on two threads. A page that lies
on its side or upside down is turned, a slope of its lines levelled, a red seal read through.
"""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from threading import Lock
from typing import TYPE_CHECKING, Any

from rag.errors import NeedsTool, Phrase
from rag.load.text import clean

if TYPE_CHECKING:
    import numpy
    from rapidocr import RapidOCR

    Pixels = numpy.ndarray[Any, numpy.dtype[numpy.uint8]]
    Corners = numpy.ndarray[Any, numpy.dtype[numpy.float32]]

_LONG = 4000
"""Pixels of the longer side of what is looked at in one go."""
_CONFIDENCE = 0.6
"""Confidence from which a box is text: stains and drawings are read with less."""
_RED, _RED_SHARE = 0.8, 0.001
"""Confidence from which red alone is text; share of red pixels from which a page may have a seal."""
_LETTERHEAD = 4
"""Characters from which red alone is a line; boxes on the round of a seal hold one or two."""
_RULE = 45
"""Pixels from which a straight stroke is ruled: more than the strokes of any character but of a letterhead's."""
_ONE_AT_A_TIME = Lock()
"""rapidocr keeps the options of a call in the engine."""


@dataclass(frozen=True, slots=True)
class Box:
    """Text and where it stands, in pixels from the upper left corner; `confidence` is 0 to 1."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What is on an upright, levelled page of so many pixels; a rule is its left, top, right and bottom.

    turned  whether the page lay on its side or upside down: places are not those of the image
    """

    width: int
    height: int
    boxes: list[Box]
    rules: list[tuple[float, float, float, float]]
    turned: bool = False


def seen(pixels: "Pixels", path: Path) -> Seen:
    """What is on a page; `pixels` (h, w, 3) in OpenCV's order, blue first, `path` for messages.

    Raises NeedsTool where recognition is not installed.
    Cost: 3 to 6 seconds for a page of A4 at 170 dpi on two cores.
    """
    engine = _engine(path)
    with _ONE_AT_A_TIME:
        pixels, corners, turned = _upright(engine, pixels)
        angle = _angle(corners)
        boxes = _boxes(engine, pixels, corners, angle)
    return Seen(pixels.shape[1], pixels.shape[0], boxes, _rules(pixels, angle), turned)


@cache
def _models() -> "RapidOCR":
    """The engine with the models of the wheel, named so that none is ever looked for elsewhere; without a word."""
    import onnxruntime  # type: ignore[import-untyped]  # noqa: F401  rapidocr looks for it only at the first page
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    found = {part: next(iter(sorted(folder.glob(f"*_{part.lower()}_*.onnx")))) for part in ("Det", "Cls", "Rec")}
    options: dict[str, Any] = {f"{part}.model_path": str(model) for part, model in found.items()}
    options |= {f"EngineConfig.onnxruntime.{kind}_op_num_threads": n for kind, n in (("intra", 2), ("inter", 1))}
    return rapidocr.RapidOCR(params={**options, "Global.log_level": "critical", "Global.max_side_len": _LONG})


def _engine(path: Path) -> "RapidOCR":
    try:
        return _models()
    except (ImportError, StopIteration) as error:
        raise NeedsTool(
            path=path,
            tool=Phrase("文字识别组件", "optical recognition"),
            remedy=Phrase(
                "在项目文件夹里安装：.venv/bin/pip install -e '.[ocr]'",
                "Install it in the project's folder: .venv/bin/pip install -e '.[ocr]'",
            ),
        ) from error


def _boxes(engine: "RapidOCR", pixels: "Pixels", corners: "Corners", angle: float) -> list[Box]:
    """The boxes with their text, where that is more than a guess.

    A seal hides the date and the office that it is put on. Where there is red, the page is read once more without it,
    and what is red alone counts only as a line of its own: a letterhead, not the writing of a seal.
    """
    plain = _without_red(pixels)
    if plain is None:
        return [box for one in corners if (box := _read(engine, pixels, one, angle))]
    found = [box for one in _corners(engine, plain) if (box := _read(engine, plain, one, angle))]
    red = [box for one in corners if (box := _read(engine, pixels, one, angle, _RED)) and _is_apart(box, found)]
    return found + [box for box in red if len(box.text) >= _LETTERHEAD]


def _without_red(pixels: "Pixels") -> "Pixels | None":
    """The page with red as white and black under red as grey; None where there is hardly any red."""
    import numpy

    blue, green, red = (pixels[:, :, i].astype("int16") for i in range(3))
    redness = red - numpy.maximum(blue, green)
    if (redness > 50).mean() < _RED_SHARE:
        return None
    plain = pixels.copy()
    tinted = redness > 12  # so that no pale outline stays
    plain[tinted] = numpy.minimum(255, red[tinted] * 4 // 3)[:, None]
    return plain


def _is_apart(box: Box, found: list[Box]) -> bool:
    return not any(
        min(box.right, one.right) > max(box.left, one.left) and min(box.bottom, one.bottom) > max(box.top, one.top)
        for one in found
    )


def _read(
    engine: "RapidOCR", pixels: "Pixels", corners: "Corners", angle: float, least: float = _CONFIDENCE
) -> Box | None:
    from rapidocr.utils.process_img import get_rotate_crop_image

    read: Any = engine(get_rotate_crop_image(pixels, corners.copy()), use_det=False, use_cls=False, use_rec=True)
    text = clean(read.txts[0]).replace("\n", " ").strip() if read.txts else ""
    return _level(corners, angle, text, float(read.scores[0])) if text and read.scores[0] >= least else None


def _upright(engine: "RapidOCR", pixels: "Pixels") -> tuple["Pixels", "Corners", bool]:
    """The page with its boxes, turned so that lines run from left to right and stand on their feet; whether it was."""
    import numpy

    corners = _corners(engine, pixels)
    turned = False
    sides = [(math.dist(box[0], box[1]), math.dist(box[0], box[3])) for box in corners]
    if sum(high for wide, high in sides if high > 1.5 * wide) > sum(wide for wide, high in sides if wide > 1.5 * high):
        turned = True
        pixels = numpy.ascontiguousarray(numpy.rot90(pixels))
        corners = _corners(engine, pixels)
    if _is_upside_down(engine, pixels, corners):
        turned = True
        pixels = numpy.ascontiguousarray(numpy.rot90(pixels, 2))
        corners = _corners(engine, pixels)
    return pixels, corners, turned


def _corners(engine: "RapidOCR", pixels: "Pixels") -> "Corners":
    """The corners (n, 4, 2) of boxes that hold text, from the upper left one clockwise."""
    import numpy

    found: Any = engine(pixels, use_det=True, use_cls=False, use_rec=False)
    return numpy.zeros((0, 4, 2), "float32") if found.boxes is None else numpy.asarray(found.boxes, "float32")


def _is_upside_down(engine: "RapidOCR", pixels: "Pixels", corners: "Corners") -> bool:
    """Whether most of a few boxes, of a length that the model was taught with, stand on their heads."""
    from rapidocr.utils.process_img import get_rotate_crop_image

    def shape(box: "Corners") -> float:
        return abs(math.dist(box[0], box[1]) / max(1.0, math.dist(box[0], box[3])) - 5)

    votes = 0
    chosen = sorted(corners, key=shape)[:9]
    for box in chosen:
        sure: Any = engine(get_rotate_crop_image(pixels, box.copy()), use_det=False, use_cls=True, use_rec=False)
        votes += sure.cls_res[0][0] == "180"
    return votes > len(chosen) / 2


def _angle(corners: "Corners") -> float:
    """The slope of the lines on a page, in radians."""
    wide = [box for box in corners if math.dist(box[0], box[1]) > 3 * math.dist(box[0], box[3])]
    return median(math.atan2(box[1][1] - box[0][1], box[1][0] - box[0][0]) for box in wide) if wide else 0.0


def _level(corners: "Corners", angle: float, text: str, confidence: float) -> Box:
    """A box as it lies when the page is turned back by `angle`."""
    sine, cosine = math.sin(-angle), math.cos(-angle)
    x = [float(point[0] * cosine - point[1] * sine) for point in corners]
    y = [float(point[0] * sine + point[1] * cosine) for point in corners]
    return Box(text, (x[0] + x[3]) / 2, (y[0] + y[1]) / 2, (x[1] + x[2]) / 2, (y[2] + y[3]) / 2, confidence)


def _rules(pixels: "Pixels", angle: float) -> list[tuple[float, float, float, float]]:
    """Straight dark strokes along the edges of the levelled page: the lines of tables, each without thickness."""
    import cv2
    import numpy

    sine, cosine = math.sin(-angle), math.cos(-angle)
    height, width = pixels.shape[:2]
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    turned = numpy.array([[cosine, -sine, 0.0], [sine, cosine, 0.0]])
    grey = cv2.warpAffine(grey, turned, (width, height), borderMode=cv2.BORDER_REPLICATE)
    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 12)
    found: list[tuple[float, float, float, float]] = []
    for across, down in ((_RULE, 1), (1, _RULE)):
        thick = cv2.dilate(ink, numpy.ones((3 if down == 1 else 1, 3 if across == 1 else 1), numpy.uint8))
        kept = cv2.morphologyEx(thick, cv2.MORPH_OPEN, numpy.ones((down, across), numpy.uint8))
        _, _, stats, centres = cv2.connectedComponentsWithStats(kept)
        for (left, top, wide, high, _), (x, y) in zip(stats[1:].tolist(), centres[1:].tolist(), strict=True):
            if down == 1 and high < 0.3 * wide:
                found.append((left, y, left + wide, y))
            elif across == 1 and wide < 0.3 * high:
                found.append((x, top, x, top + high))
    return found
