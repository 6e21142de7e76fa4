"""One printed figure a line, the same for every part."""

import json
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from benchmarks.provenance import commit

DRAWS = 2000


def row(benchmark: str, method: str, metric: str, value: float, **more: object) -> dict:
    """Return one figure as every benchmark prints it; ``more`` are n, seconds, dataset, ..."""
    return {
        "benchmark": benchmark,
        "method": method,
        "metric": metric,
        "value": round(float(value), 4),
        **more,
        "commit": commit(),
    }


def show(rows: Iterable[Mapping], *, as_json: bool) -> None:
    for item in rows:
        if as_json:
            print(json.dumps(item), flush=True)
            continue
        interval = f"  [{item['low']:.4f}, {item['high']:.4f}]" if "low" in item else ""
        name = f"{item['method']:<22} {item['metric']:<24}"
        print(f"{name} {item['value']:.4f}{interval}  n={item.get('n', '')}", flush=True)


def interval(values: npt.NDArray, seed: int = 0) -> tuple[float, float]:
    """Return the bootstrap's 95 % interval of a mean (Efron 1979), over the rows of ``values``."""
    rng = np.random.default_rng(seed)
    size = len(values)
    counts = rng.multinomial(size, np.full(size, 1 / size), DRAWS)
    means = counts @ values / size
    low, high = np.quantile(means, [0.025, 0.975])
    return round(float(low), 4), round(float(high), 4)
