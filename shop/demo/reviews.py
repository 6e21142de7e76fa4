"""Words of the sample reviews: short, and true of any everyday product."""

Text = tuple[str, str]
SAMPLES: dict[str, dict[int, list[Text]]] = {
    "en": {
        5: [
            ("Always in our house", "We buy this every week and have never been let down."),
            ("Just right", "Good quality for the price, and it arrived in perfect shape."),
            ("Would not be without it", "We tried others and came back to this one."),
            ("Exactly as described", "The right size for us, and it is always in stock."),
            ("A pleasant surprise", "Bought it because it was on offer, kept buying it after."),
        ],
        4: [
            ("Good everyday choice", "Does what it should. I would like a larger pack."),
            ("Solid", "Nothing fancy, but reliable. I will buy it again."),
            ("Good value", "Better than its price suggests. The packaging could be simpler."),
            ("Happy with it", "Came a day later than promised, but the product is good."),
        ],
        3: [
            ("It is all right", "Fine when it is on offer; at full price I look elsewhere."),
            ("Average", "Neither good nor bad. It did the job."),
            ("Mixed", "The last one was better than this one."),
        ],
        2: [
            ("Not for me", "I had expected more from the description."),
            ("Smaller than I thought", "Check the size before you order. Too dear for what it is."),
        ],
        1: [
            ("Disappointed", "The pack was dented when it came. I asked for my money back."),
            ("Will not buy again", "Not what I know from this brand."),
        ],
    },
    "zh": {
        5: [
            ("家里常备", "每周都买，从来没有失望过。"),
            ("很满意", "性价比高，包装完好，送得也快。"),
            ("离不开它", "试过别的牌子，最后还是回来买这个。"),
            ("和描述一致", "大小正合适，而且一直有货。"),
            ("意外的好", "因为打折买的，之后就一直回购。"),
        ],
        4: [
            ("日常不错", "该有的都有，希望有更大的包装。"),
            ("可靠", "不花哨，但是靠谱，会回购。"),
            ("物有所值", "比价格看起来要好，包装可以再简单些。"),
            ("满意", "比承诺的晚到一天，不过东西不错。"),
        ],
        3: [
            ("还行", "打折时买很划算，原价就一般了。"),
            ("一般", "不好不坏，够用。"),
            ("有好有坏", "感觉上一次买的更好一些。"),
        ],
        2: [
            ("不太适合我", "和描述比起来有些落差。"),
            ("比想象的小", "下单前看清规格，这个价格有点贵。"),
        ],
        1: [
            ("失望", "收到时包装有压痕，已经申请退款。"),
            ("不会再买", "不像这个牌子以前的品质。"),
        ],
    },
}


def samples(language: str, rating: int) -> list[Text]:
    """Title and text of the reviews with that rating, Chinese for Chinese readers."""
    return SAMPLES["zh" if language.startswith("zh") else "en"][rating]
