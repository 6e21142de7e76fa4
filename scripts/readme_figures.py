"""Write what benchmarks/results says into both READMEs: models, the demo's times, pages on a phone.

    .venv/bin/python scripts/readme_figures.py   # after a run of any benchmark that it names
    .venv/bin/python scripts/readme_figures.py --check    # fails where a README says otherwise

Whatever rows the file has make the table; what was not measured is left out.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
ROWS = (
    ("import_seconds", "sqlite", "s", "Import the data into SQLite", "导入数据到 SQLite"),
    ("import_seconds", "postgresql", "s", "… into PostgreSQL", "……到 PostgreSQL"),
    (
        "first_page_seconds",
        "clone",
        "s",
        "A new clone, once installed, to the first page",
        "全新克隆、装好之后到首页打开",
    ),
    (
        "second_start_seconds",
        "again",
        "s",
        "A second start, to the first page",
        "再次启动到首页打开",
    ),
    ("peak_mb", "sqlite", "MB", "Most memory while loading", "导入时的内存峰值"),
)
"""Metric, first word of the dataset, unit, English and Chinese label."""
SIZES = (("full", "2,469 households", "2,469 个家庭"), ("small", "300 households", "300 个家庭"))
READMES = ("README.md", "README.zh.md")
NOTES = (
    "On {cores} cores, load average up to {load:.0f} before the start; commit {commits} "
    "([all figures](benchmarks/results/demo.jsonl)).",
    "{cores} 核，开始前平均负载最高 {load:.0f}；提交 {commits}"
    "（[全部数字](benchmarks/results/demo.jsonl)）。",
)


PAGES = (
    ("home", "Start page", "首页"),
    ("listing", "Search results", "搜索结果"),
    ("product", "Product", "商品页"),
    ("cart", "Cart", "购物车"),
)
"""Dataset, English and Chinese label."""
QUALITIES = (
    ("performance", "{:.0f}", "Performance", "性能"),
    ("accessibility", "{:.0f}", "Accessibility", "无障碍"),
    ("best-practices", "{:.0f}", "Best practices", "最佳实践"),
    ("lcp", "{:,.0f} ms", "Largest content", "最大内容绘制"),
    ("cls", "{:.3f}", "Layout shift", "布局偏移"),
    ("tbt", "{:,.0f} ms", "Blocked", "阻塞时间"),
    ("kb_without_pictures", "{:.0f} kB", "Without pictures", "图片之外"),
)
"""Metric, how it is written, English and Chinese label."""
PAGES_NOTES = (
    "Each cell: the page in English · in Chinese. The first three columns are scores of "
    "{tools}, throttled phone, median of {n}; the others from a Chromium slowed down in the same "
    "way. Load average up to {load:.0f}; commit {commits} "
    "([all figures](benchmarks/results/pages.jsonl)).",
    "每格：英文页面 · 中文页面。前三列为 {tools} 在限速手机上的得分，{n} 次取中位数；"
    "其余来自同样限速的 Chromium。平均负载最高 {load:.0f}；提交 {commits}"
    "（[全部数字](benchmarks/results/pages.jsonl)）。",
)


def pages(found: list[dict], language: int) -> str:
    """How the pages feel on a phone, as Markdown; ``language`` as in ``table``."""
    by_name = {(row["metric"], row["dataset"], row["language"]): row for row in found}
    qualities = [one for one in QUALITIES if any(metric == one[0] for metric, *_ in by_name)]
    lines = [
        "| | " + " | ".join(labels[language] for _, _, *labels in qualities) + " |",
        "| --- |" + " ---: |" * len(qualities),
    ]
    used = []
    for name, *labels in PAGES:
        cells = []
        for metric, form, *_ in qualities:
            pair = [by_name.get((metric, name, own)) for own in ("en", "zh")]
            used += [one for one in pair if one]
            cells.append(" · ".join(form.format(one["value"]) if one else "–" for one in pair))
        lines.append(f"| {labels[language]} | " + " | ".join(cells) + " |")
    note = PAGES_NOTES[language].format(
        tools=", ".join(sorted({row["method"] for row in used if "Lighthouse" in row["method"]})),
        n=max((row["n"] for row in used), default=0),
        load=max((row.get("load", 0.0) for row in used), default=0.0),
        commits=", ".join(sorted({row["commit"] for row in used})),
    )
    return "\n".join([*lines, "", note]) if used else ""


def table(found: list[dict], language: int) -> str:
    """The demo's times as Markdown; ``language`` is 0 for English and 1 for Chinese."""
    by_name = {(row["metric"], row["dataset"]): row for row in found}
    wanted = {
        (metric, f"{kind} {size}") for metric, kind, *_ in ROWS for size, *_ in SIZES
    } & by_name.keys()
    sizes = [size for size in SIZES if any(name.endswith(f" {size[0]}") for _, name in wanted)]
    lines = [
        "| | " + " | ".join(size[1 + language] for size in sizes) + " |",
        "| --- |" + " ---: |" * len(sizes),
    ]
    for metric, kind, unit, *labels in ROWS:
        cells = [by_name.get((metric, f"{kind} {size[0]}")) for size in sizes]
        if any(cells):
            shown = [f"{cell['value']:,.0f} {unit}" if cell else "–" for cell in cells]
            lines.append(f"| {labels[language]} | " + " | ".join(shown) + " |")
    used = [by_name[name] for name in sorted(wanted)]
    note = NOTES[language].format(
        cores=max((row.get("cores", 0) for row in used), default=0),
        load=max((row.get("load", 0.0) for row in used), default=0.0),
        commits=", ".join(sorted({row["commit"] for row in used})),
    )
    return "\n".join([*lines, "", note]) if used else ""


MODELS = (
    (
        ("recommend.complete_journey", "test", "repeat_ndcg@10"),
        "frequency_120",
        (
            "What a household buys in the next four weeks, NDCG@10",
            "一个家庭未来四周买什么，NDCG@10",
        ),
        ("its own decayed frequency", "自身购买频率（随时间衰减）"),
    ),
    (
        ("recommend.complete_journey", "test", "discovery_ndcg@10"),
        "ease",
        ("… of what it has never bought, NDCG@10", "……其中从未买过的，NDCG@10"),
        ("EASE^R", "EASE^R"),
    ),
    (
        ("recommend.sequences", "amazon_beauty_sequences", "ndcg@10"),
        "sasrec_softmax",
        ("The next product on Amazon Beauty, NDCG@10", "Amazon Beauty 的下一件商品，NDCG@10"),
        ("SASRec, full softmax", "SASRec（全量 softmax）"),
    ),
    (
        ("recommend.cold_start", "test", "recall@50"),
        "category_popularity",
        ("Products nobody has bought yet, recall@50", "还没人买过的商品，recall@50"),
        ("popularity of the category", "品类热度"),
    ),
    (
        ("recommend.coupons", "test", "auc"),
        "rfm_boosting",
        ("Who redeems a campaign's coupon, AUC", "谁会用活动优惠券，AUC"),
        ("boosting on recency, frequency, value", "RFM 特征上的梯度提升"),
    ),
    (
        ("foundation.search", "all", "hit@3"),
        "title_words",
        (
            "Search in two languages, the wanted kind in the first three",
            "双语搜索，前三个里有想要的",
        ),
        ("words of the titles", "标题词匹配"),
    ),
    (
        ("foundation_late.search", "all", "hit@3"),
        "title_words",
        ("… for wishes written after it was finished", "……完成之后才写下的需求"),
        ("words of the titles", "标题词匹配"),
    ),
    (
        ("inventory.forecast", "", "total_wape"),
        "lightgbm_mailer_display",
        (
            "Units of the next 28 days a product, weighted error (less is better)",
            "单品未来 28 天销量，加权误差（越小越好）",
        ),
        ("global LightGBM that knows the promotions", "知道促销计划的全局 LightGBM"),
    ),
    (
        ("inventory.replenishment", "", "cost"),
        "lightgbm_promotions_base_stock_with_costs",
        (
            "Cost of stock, orders and lost sales (less is better)",
            "库存、订货与缺货的总成本（越小越好）",
        ),
        ("base-stock on that forecast", "同一预测上的 base-stock 策略"),
    ),
    (
        ("support.intents", "bitext", "accuracy"),
        "character_tfidf",
        (
            "What a customer wants, learned from our own sentences, on the public Bitext set",
            "客户想做什么：只学自写语句，测公开的 Bitext",
        ),
        ("character TF-IDF", "字符 TF-IDF"),
    ),
    (
        ("support.intents", "zh", "accuracy"),
        "character_tfidf",
        ("… in Chinese, on sentences kept apart", "……中文，测单独保留的语句"),
        ("character TF-IDF", "字符 TF-IDF"),
    ),
    (
        ("support.dialogues", "zh", "success"),
        "nearest_examples",
        ("Scripted dialogues in Chinese that end as they should", "中文脚本对话的完成率"),
        ("nearest example", "最近例句"),
    ),
    (
        ("risk.handbook", "", "average_precision"),
        "random_forest_100",
        (
            "Card fraud of the Fraud Detection Handbook, average precision",
            "《欺诈检测手册》的刷卡欺诈，平均精度",
        ),
        ("its random forest", "书中的随机森林"),
    ),
    (
        ("risk.replay", "", "recall_at_1pct"),
        "logistic_regression",
        (
            "Fraud injected into the shop's orders, found when 1 % are looked at",
            "注入本店订单的欺诈，只审 1% 时找到的",
        ),
        ("logistic regression", "逻辑回归"),
    ),
)
"""Benchmark, dataset and metric; the baseline's method; what it is and the baseline, in English and
Chinese."""
MODELS_HEAD = (
    "| | Mercato | baseline of the same run | |\n| --- | ---: | ---: | --- |",
    "| | 慧店 | 同一次运行的基线 | |\n| --- | ---: | ---: | --- |",
)
MODELS_NOTES = (
    "On periods and texts kept apart from learning; fraud in the shop's orders is made, the shop "
    "has none of its own. Intervals, more baselines, what was tried and what fails are with the "
    "models below. Commits {commits} ([all figures](benchmarks/results)).",
    "均在未参与学习的时期和文本上测得；商店订单中的欺诈是模拟注入的。"
    "置信区间、更多基线、尝试过的做法和失效之处见下方模型文档。"
    "提交 {commits}（[全部数字](benchmarks/results)）。",
)


def models(found: list[dict], language: int) -> str:
    """What the models reach beside their baselines; a line wherever both have been measured."""
    by_name = {
        (row["benchmark"], str(row.get("dataset", "")), row["metric"], row["method"]): row
        for row in found
    }
    lines, used = [], []
    for figure, baseline, labels, names in MODELS:
        pair = [
            by_name[key]
            for key in ((*figure, method) for method in ("mercato", baseline))
            if key in by_name
        ]
        if len(pair) == 2:
            used += pair
            cells = [
                f"{one['value']:.3f}" if one["value"] < 10 else f"{one['value']:.1f}"
                for one in pair
            ]
            lines.append(f"| {labels[language]} | {' | '.join(cells)} | {names[language]} |")
    commits = ", ".join(sorted({row["commit"] for row in used}))
    note = MODELS_NOTES[language].format(commits=commits)
    return "\n".join([MODELS_HEAD[language], *lines, "", note]) if used else ""


TABLES = {
    "models": (
        ("recommend", "foundation", "foundation_late", "inventory", "support", "risk"),
        models,
    ),
    "demo": (("demo",), table),
    "pages": (("pages",), pages),
}
"""What stands between ``<!-- NAME figures: begin -->`` and its end: its files, its
maker."""


def filled(text: str, name: str, figures: str) -> str:
    """The README with these figures between their marks. ValueError: it has no such marks."""
    first, last = f"<!-- {name} figures: begin -->", f"<!-- {name} figures: end -->"
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        raise ValueError(f"no {first} … {last}")
    return f"{before}{begin}\n{figures}\n{end}{after}"


def _rows(file: str) -> list[dict]:
    lines = (RESULTS / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    # A second file of one benchmark speaks for itself.
    return [
        row | {"benchmark": f"{file}.{row.get('benchmark', '').partition('.')[2]}"} for row in rows
    ]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write measured times into the READMEs.")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    options = parser.parse_args(arguments)
    found = {
        name: [row for file in files for row in _rows(file)] for name, (files, _) in TABLES.items()
    }
    stale = []
    for language, name in enumerate(READMES):
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        new = text
        for kind, (_, make) in TABLES.items():
            new = filled(new, kind, make(found[kind], language))
        if new != text:
            stale.append(name)
            if not options.check:
                path.write_text(new, encoding="utf-8")
    if stale and options.check:
        print(f"{', '.join(stale)}: run scripts/readme_figures.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
