"""Pictures in reviews: what comes in is decoded and written anew, what is no picture is refused."""

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from shop.models import Review, ReviewPhoto
from shop.refusals import Refused
from shop.services import photos, reviews
from tests.shop.factories import CustomerFactory, OrderLineFactory, StaffFactory

PLACE = b"48.8584 N 2.2945 E"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def bought(customer):
    line = OrderLineFactory(order__customer=customer, order__status="delivered")
    return line.variant.product


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **options) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "red").save(written, kind, **options)
    return written.getvalue()


def sent(content: bytes, name: str = "p.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def bomb(side: int) -> bytes:
    """A PNG of a few bytes whose header promises ``side`` times ``side`` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9))


def test_place_and_time_are_gone_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0132], exif[0x0112] = PLACE.decode(), "2026:01:01 10:00:00", 6
    original = picture(exif=exif, comment=PLACE, icc_profile=b"profile" + PLACE)
    assert PLACE in original
    kept = photos.reencoded(sent(original)).read()
    assert PLACE not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert (image.format, image.size) == ("JPEG", (48, 64))


def test_what_hides_behind_the_picture_is_gone_and_large_ones_shrink() -> None:
    original = picture("PNG", (3000, 1500)) + b"<?php system($_GET[0]) ?>PK\x03\x04"
    kept = photos.reencoded(sent(original)).read()
    assert b"<?php" not in kept
    assert Image.open(io.BytesIO(kept)).size == (1600, 800)


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "LA", "1", "I;16"])
def test_every_kind_of_pixel_is_understood(mode: str) -> None:
    written = io.BytesIO()
    Image.new(mode, (8, 8)).save(written, "PNG")
    assert photos.reencoded(sent(written.getvalue())).size


HOSTILE = {
    "empty": b"",
    "text": b"<script>alert(1)</script>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "gif": picture("GIF"),
    "bmp": picture("BMP"),
    "tiff": picture("TIFF"),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "cut short": picture(size=(400, 400))[:300],
    "bomb": bomb(30_000),
    "over the limit": bomb(7_000),
    "broken data": bomb(2_000),
    "header alone": b"\xff\xd8\xff\xe0",
    "webp that is none": b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"\0" * 20,
    "broken exif": picture(exif=b"Exif\0\0II*\0\xff\xff\xff\xff")[:-200],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_picture_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="bad_picture"):
        photos.reencoded(sent(HOSTILE[name], "innocent.jpg"))


def test_a_file_that_is_too_large_is_refused_unread(monkeypatch) -> None:
    monkeypatch.setattr(photos, "MOST_BYTES", 100)
    with pytest.raises(Refused, match="bad_picture"):
        photos.reencoded(sent(picture()))


@pytest.mark.django_db
class TestPages:
    def write(self, client, product, *files: bytes):
        values = {"rating": "5", "body": "As on the picture.", "photos": [sent(f) for f in files]}
        return client.post(reverse("shop:review", args=[product.slug]), values)

    def test_a_picture_is_shown_once_its_review_is_published(
        self, shopper, client, customer, bought, media
    ):
        # A name that would lead out of the folder is never used.
        hostile = SimpleUploadedFile("../../x.php", picture("PNG"), content_type="text/html")
        values = {"rating": "5", "photos": [hostile, sent(picture("WEBP"), "y.webp")]}
        address = reverse("shop:review", args=[bought.slug])
        assert shopper.post(address, values).status_code == 302
        review = Review.objects.get()
        first, second = review.photos.all()
        names = {path.name for path in media.rglob("*") if path.is_file()}
        assert names == {f"{first.key}.jpg", f"{second.key}.jpg"}
        url = first.get_absolute_url()
        client.logout()
        assert client.get(url).status_code == 404
        other = CustomerFactory()
        client.force_login(other.user)
        assert client.get(url).status_code == 404
        client.force_login(customer.user)
        assert client.get(url).status_code == 200
        assert url in client.get(address).content.decode()
        client.force_login(StaffFactory(is_superuser=True))
        assert client.get(url).status_code == 200
        page = client.get(reverse("admin:shop_review_change", args=[review.pk]))
        assert url in page.content.decode()
        client.logout()
        reviews.moderate(review=review, approve=True)
        answer = client.get(url)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert url in client.get(bought.get_absolute_url()).content.decode()

    def test_nothing_is_kept_of_a_review_with_a_bad_picture(self, shopper, bought, media):
        answer = self.write(shopper, bought, picture(), HOSTILE["svg"])
        assert answer.status_code == 409
        assert "JPEG, PNG" in answer.content.decode()
        assert not Review.objects.exists()
        assert not ReviewPhoto.objects.exists()
        assert not [path for path in media.rglob("*") if path.is_file()]

    def test_three_are_enough(self, shopper, bought):
        assert self.write(shopper, bought, *[picture()] * 4).status_code == 409
        assert self.write(shopper, bought, *[picture()] * 3).status_code == 302

    def test_a_review_without_pictures_needs_none(self, shopper, bought):
        assert self.write(shopper, bought).status_code == 302
