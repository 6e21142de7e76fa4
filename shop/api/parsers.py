"""Reading a JSON body that anybody may have sent."""

import json
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

SURROGATE = "\\ud"


class StrictJSONParser(JSONParser):
    """JSON of a bounded depth, in Unicode that can be stored and sent back.

    DRF's own parser fails on thousands of brackets and lets halves of surrogate pairs through,
    which no database and no answer can hold. How long a body may be is the settings'
    ``DATA_UPLOAD_MAX_MEMORY_SIZE``.
    """

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        try:
            text = stream.read().decode("utf-8")
            parsed = json.loads(text, parse_constant=_refuse)
            if SURROGATE in text.lower():
                json.dumps(parsed, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        return parsed


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
