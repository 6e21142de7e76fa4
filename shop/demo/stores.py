"""Which stores become sales channels of their own, and where the others' orders go."""

import heapq

import pandas as pd

CHANNELS = 30


def fold_stores(sales: pd.Series, channels: int = CHANNELS) -> dict[int, int]:
    """Map every store to one of the largest, which stand for themselves.

    ``sales`` is each store's volume, indexed by store. A smaller store folds into the channel
    nearest to it in volume as volumes stand when its turn comes, largest first: that is the
    channel that has least so far. (By their first volumes the nearest one would be the same for
    all 400 of them, and the smallest channel would become the largest.)

    >>> fold_stores(pd.Series({7: 90.0, 8: 50.0, 9: 45.0, 5: 2.0}), channels=2)
    {7: 7, 8: 8, 9: 8, 5: 7}
    """
    ranked = sales.rename_axis("store").reset_index(name="volume")
    ranked = ranked.sort_values(["volume", "store"], ascending=[False, True])
    folded: dict[int, int] = {}
    heap: list[tuple[float, int]] = []
    for store, volume in zip(ranked["store"].tolist(), ranked["volume"].tolist(), strict=True):
        if len(heap) < channels:
            heapq.heappush(heap, (volume, store))
            folded[store] = store
            continue
        least, channel = heap[0]
        heapq.heapreplace(heap, (least + volume, channel))
        folded[store] = channel
    return folded
