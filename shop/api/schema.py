"""How the API describes itself: every operation also says how it refuses."""

from typing import Literal

from drf_spectacular.openapi import AutoSchema

from shop.api.errors import ErrorOut

CHANGES = {"POST", "PUT", "PATCH", "DELETE"}


class ShopSchema(AutoSchema):
    """drf-spectacular's description plus the errors, all of the one shape."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict:
        bodies = super()._get_response_bodies(direction)
        for code, text in self._refusals().items():
            if code not in bodies:
                body = self._get_response_for_code(ErrorOut, code, ["application/json"], direction)
                bodies[code] = {**body, "description": text}
        return bodies

    def _refusals(self) -> dict[str, str]:
        texts = {"4XX": "Refused; the code says why."}
        if self.method in CHANGES or self.get_override_parameters():
            texts["400"] = "The input is not as described; details name the fields."
        if "{" in self.path:
            texts["404"] = "There is no such thing, or it is not yours."
        if self.method in CHANGES:
            texts["409"] = "Understood, and declined by a rule of the shop. Nothing has changed."
        return texts
