"""What to show: ranked search and recommendations. Read-only."""

from recommend.selectors.finding import SearchHit, search
from recommend.selectors.rails import Recommendation, recommend
from recommend.selectors.reasons import GROUP_TITLES, Reason

__all__ = ["GROUP_TITLES", "Reason", "Recommendation", "SearchHit", "recommend", "search"]
