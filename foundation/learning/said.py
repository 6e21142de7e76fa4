"""A sentence that is kept in parts, so that each reader can be told it in his own language."""

from collections.abc import Mapping


class Said(str):
    """An English sentence, as a string, that remembers its template and what was filled in.

    >>> said = Said("%(count)s products of %(kind)s", count=3, kind="tea")
    >>> str(said), said.template
    ('3 products of tea', '%(count)s products of %(kind)s')

    A value may be such a sentence itself, or a list of them, which are told one after the other.
    """

    template: str
    data: Mapping[str, object]

    def __new__(cls, template: str, **data: object) -> "Said":
        said = super().__new__(cls, template % {name: _joined(v) for name, v in data.items()})
        said.template, said.data = template, data
        return said

    def kept(self) -> dict[str, object]:
        """Return what JSON can hold: ``say`` the template, ``with`` the values."""
        return {"say": self.template, "with": {n: _kept(v) for n, v in self.data.items()}}


def _joined(value: object) -> str:
    return "; ".join(value) if isinstance(value, list) else str(value)


def _kept(value: object) -> object:
    if isinstance(value, list):
        return [_kept(item) for item in value]
    return value.kept() if isinstance(value, Said) else str(value)
