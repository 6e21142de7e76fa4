"""Why a line is on the reorder list, in the reader's language."""

from django.utils.translation import gettext as _

from inventory.models import ReplenishmentLine

Reason = ReplenishmentLine.Reason


def reason_text(line: ReplenishmentLine) -> str:
    """One sentence with the line's own numbers, and one more when a promotion is near."""
    text = _why(line)
    if line.reason_data.get("promotion"):
        text = _("%(text)s A promotion is planned meanwhile.") % {"text": text}
    if line.source is not None:
        text = _("%(text)s %(place)s has more than it needs.") % {
            "text": text,
            "place": line.source,
        }
    return text


def _why(line: ReplenishmentLine) -> str:
    data = {
        "position": line.position,
        "point": line.reorder_point,
        "lead": line.reason_data.get("lead_time", 0),
        "days": line.days_left,
    }
    if line.reason == Reason.OUT_OF_STOCK:
        return _("Nothing left; new goods take %(lead)s days.") % data
    if line.reason == Reason.RUNS_OUT:
        return (
            _("Stock lasts %(days)s days, new goods take %(lead)s days (%(position)s units left).")
            % data
        )
    if line.reason == Reason.NEW_PRODUCT:
        return _("New product without sales yet: only %(position)s units left.") % data
    return (
        _("%(position)s units left or on order, reorder point is %(point)s (%(lead)s days).") % data
    )
