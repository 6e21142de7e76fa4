"""Sample reviews: short texts that fit any everyday product."""

SAMPLES: dict[str, dict[int, list[tuple[str, str]]]] = {
    "en": {
        5: [
            ("Always in our kitchen", "We buy this every week and have never been let down."),
            ("Just right", "Good quality for the price, and it arrived in perfect shape."),
            ("Family favourite", "Even the picky eater at our table asks for it."),
        ],
        4: [
            ("Good everyday choice", "Does what it should. I would like a larger pack."),
            ("Solid", "Nothing fancy, but reliable. I will buy it again."),
        ],
        3: [
            ("It is all right", "Fine when it is on offer; at full price I look elsewhere."),
            ("Average", "Neither good nor bad. It did the job."),
        ],
        2: [("Not for me", "I had expected more from the description.")],
        1: [("Disappointed", "The pack was dented and I did not enjoy it.")],
    },
    "zh": {
        5: [
            ("家里常备", "每周都买，从来没有失望过。"),
            ("很满意", "性价比高，包装完好，送得也快。"),
            ("全家都喜欢", "连最挑食的孩子都说好吃好用。"),
        ],
        4: [
            ("日常不错", "该有的都有，希望有更大的包装。"),
            ("可靠", "不花哨，但是靠谱，会回购。"),
        ],
        3: [("还行", "打折时买很划算，原价就一般了。"), ("一般", "不好不坏，够用。")],
        2: [("不太适合我", "和描述比起来有些落差。")],
        1: [("失望", "包装有压痕，体验不好。")],
    },
}
