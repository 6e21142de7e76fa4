"""An order's invoice as PDF, in the reader's language.

Chinese needs no font file: every PDF reader brings STSong-Light, one of Adobe's CID fonts.
"""

import re
from io import BytesIO

from django.utils import formats, timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from shop.checkout.delivery import delivery_label
from shop.models import Order, OrderLine
from shop.models.base import ZERO
from shop.templatetags.shop import money

CJK_FONT = "STSong-Light"
CJK = re.compile(r"([^\x00-\xff\u2010-\u2026\u20ac]+)")
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=13)
SMALL = ParagraphStyle(
    "small", parent=BODY, fontSize=8, leading=11, textColor=colors.HexColor("#5b6470")
)
RIGHT = ParagraphStyle("right", parent=BODY, alignment=TA_RIGHT)
HEAD = ParagraphStyle("head", parent=BODY, fontName="Helvetica-Bold", fontSize=18, leading=24)
BOLD = ParagraphStyle("bold", parent=BODY, fontName="Helvetica-Bold")
BOLD_RIGHT = ParagraphStyle("bold-right", parent=BOLD, alignment=TA_RIGHT)
WIDTHS = [82 * mm, 16 * mm, 26 * mm, 26 * mm, 28 * mm]


def render_invoice(order: Order) -> bytes:
    """Return the PDF. Amounts are those of the order; none is computed anew."""
    pdfmetrics.registerFont(UnicodeCIDFont(CJK_FONT))
    buffer = BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=16 * mm,
        rightMargin=16 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title=f"{_('Invoice')} {order.number}",
        author="Mercato",
    )
    lines = list(order.lines.select_related("variant__product").order_by("pk"))
    document.build(
        [
            _p("Mercato 慧店", HEAD),
            Spacer(1, 4 * mm),
            _header(order),
            Spacer(1, 8 * mm),
            _lines_table(lines),
            Spacer(1, 4 * mm),
            _sums_table(order),
            Spacer(1, 10 * mm),
            _p(_("Thank you for shopping with us."), SMALL),
        ]
    )
    return buffer.getvalue()


def _p(text: object, style: ParagraphStyle = BODY) -> Paragraph:
    """A paragraph in which Chinese runs have their own font; markup in the text is only text."""
    clean = escape("".join(char for char in str(text) if char.isprintable()))
    return Paragraph(CJK.sub(rf'<font name="{CJK_FONT}">\1</font>', clean), style)


def _header(order: Order) -> Table:
    address = order.address or {}
    place = " ".join(
        str(address[key]) for key in ("postal_code", "city", "region") if address.get(key)
    )
    store = address.get("store_en", "")
    who = [address.get("recipient"), address.get("line1"), address.get("line2"), place, store]
    placed = formats.date_format(timezone.localtime(order.placed_at), "DATE_FORMAT")
    left = [_p(_("Billed to"), SMALL), *(_p(row) for row in [*who, order.email] if row)]
    right = [
        _p(_("Invoice %(number)s") % {"number": order.number}, BOLD_RIGHT),
        _p(_("Ordered on %(day)s") % {"day": placed}, RIGHT),
        _p(order.get_status_display(), RIGHT),
    ]
    table = Table([[left, right]], colWidths=[98 * mm, 80 * mm])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _lines_table(lines: list[OrderLine]) -> Table:
    titles = (_("Item"), _("Quantity"), _("Unit price"), _("Discount"), _("Amount"))
    rows = [[_p(title, BOLD if place == 0 else BOLD_RIGHT) for place, title in enumerate(titles)]]
    for line in lines:
        cells = [
            _p(line.quantity, RIGHT),
            _p(money(line.unit_price), RIGHT),
            _p(money(line.discount + line.coupon_discount), RIGHT),
            _p(money(line.total), RIGHT),
        ]
        rows.append([_p(line.variant), *cells])
    table = Table(rows, colWidths=WIDTHS, repeatRows=1)
    rule = colors.HexColor("#d5dae0")
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 1, colors.HexColor("#1f2933")),
                ("LINEBELOW", (0, 1), (-1, -1), 0.4, rule),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
            ]
        )
    )
    return table


def _sums_table(order: Order) -> Table:
    delivery = _("Delivery (%(option)s)") % {"option": delivery_label(order.delivery_option)}
    rows = [(_("Subtotal"), order.subtotal), (delivery, order.delivery_fee)]
    if not order.delivery_option:
        rows = rows[:1]
    body = [[_p(label, RIGHT), _p(money(amount), RIGHT)] for label, amount in rows]
    body.append([_p(_("Total"), BOLD_RIGHT), _p(money(order.total), BOLD_RIGHT)])
    if order.refunded > ZERO:
        body.append([_p(_("Refunded"), RIGHT), _p(money(order.refunded), RIGHT)])
    table = Table(body, colWidths=[sum(WIDTHS[:-1]), WIDTHS[-1]])
    table.setStyle(TableStyle([("TOPPADDING", (0, 0), (-1, -1), 1)]))
    return table
