from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from shop import events


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path: Path) -> None:
    """Files of one test are nobody else's; nothing waits from a test before."""
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ENCODER_CACHE_DIR = tmp_path
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    default_storage.__dict__.pop("base_location", None)
    events._waiting.clear()
