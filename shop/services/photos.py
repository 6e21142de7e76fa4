"""Pictures that customers send: decoded, turned upright and written anew.

What is kept is pixels alone: no place, time or camera, no bytes that came from outside. A file
that is not one of three formats, is too large, or unfolds to more pixels than a camera takes is
refused before it is decoded.
"""

import io
import warnings

from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps

from shop.refusals import RefusalCode, Refused

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 1600
QUALITY = 82
SUFFIX, CONTENT_TYPE = ".jpg", "image/jpeg"


def reencoded(file: File) -> ContentFile:
    """Return the picture as a JPEG of at most 1600 pixels a side. Raises Refused."""
    if not file.size or file.size > MOST_BYTES:
        raise _refused()
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(file.read()), formats=FORMATS) as image:
                # The header says how large it unfolds; nothing is decoded yet.
                if image.width * image.height > MOST_PIXELS:
                    raise _refused()
                upright = ImageOps.exif_transpose(image)
                upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                plain = _flattened(upright)
    except Refused:
        raise
    except Exception as error:
        # Decoders of hostile files raise whatever they trip over, from struct.error to KeyError.
        raise _refused() from error
    written = io.BytesIO()
    plain.save(written, "JPEG", quality=QUALITY, optimize=True)
    return ContentFile(written.getvalue())


def _flattened(image: Image.Image) -> Image.Image:
    """New pixels on white, without anything the file carried beside them."""
    alpha = image.convert("RGBA")
    plain = Image.new("RGB", image.size, "white")
    plain.paste(alpha, mask=alpha.getchannel("A"))
    return plain


def _refused() -> Refused:
    return Refused(RefusalCode.BAD_PICTURE, megabytes=MOST_BYTES // 1024 // 1024)
