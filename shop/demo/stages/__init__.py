"""The stages of the import, in their order: name of the mark, what the reader sees, function.

Functions are named by their path, because a run with nothing to do need not load pandas.
"""

STAGES: tuple[tuple[str, str, str], ...] = (
    ("staff", "Staff", "people.load_staff"),
    ("hand-written", "Sports shoes, outdoor, electronics", "coldstart.load_hand_written"),
    ("channels", "Sales channels", "catalogue.load_channels"),
    ("catalogue", "Catalogue", "catalogue.load_catalogue"),
    ("households", "Customers", "people.load_households"),
    ("orders", "A year of orders", "orders.load_orders"),
    ("totals", "Totals, equal to the source's", "orders.check_totals"),
    ("promotions", "Planned promotions", "promotions.load_promotions"),
    ("deals", "Deals", "deals.load_deals"),
    ("campaigns", "Campaigns and coupons", "campaigns.load_campaigns"),
    ("reviews", "Sample reviews", "reviews.load_reviews"),
)
