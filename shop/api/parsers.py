"""Reading a JSON body that anybody may have sent."""

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

SURROGATE = "\\ud"


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("That is more than we read in one request.")
    default_code = "too_large"


class StrictJSONParser(JSONParser):
    """JSON of a bounded size and depth, in Unicode that can be stored and sent back.

    DRF's own parser reads bodies of any size, fails on thousands of brackets, and lets halves of
    surrogate pairs through, which no database and no answer can hold.
    """

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge
        try:
            text = raw.decode("utf-8")
            parsed = json.loads(text, parse_constant=_refuse)
            if SURROGATE in text.lower():
                json.dumps(parsed, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        return parsed


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
