"""Support's part of the demo: the assistant has its model, canned answers and articles to quote."""

from foundation.encoders import EncoderUnavailable
from foundation.runs import training_run
from shop.demo.steps import DemoPlan, Progress
from support import knowledge_files, training
from support.models import Article, CannedAnswer
from support.serving import INTENTS

CANNED = (
    (
        "Hello",
        "Hello, I am a colleague of the assistant and have read everything. One moment, please.",
        "您好，我是客服同事，您写的内容我已看到，请稍等。",
    ),
    (
        "Checking with the warehouse",
        "I am checking with the warehouse and will be back in a few minutes.",
        "我正在与仓库核实，几分钟后回复您。",
    ),
    (
        "Sorry, refund on its way",
        "I am sorry about that. The refund is started; your bank needs up to five working days.",
        "非常抱歉，已为您发起退款，银行最多需要五个工作日到账。",
    ),
)


def load(plan: DemoPlan, progress: Progress) -> str:
    """Fill canned answers and articles, train the intent model."""
    first = not CannedAnswer.objects.exists()
    for title, english, chinese in CANNED:
        CannedAnswer.objects.get_or_create(
            title=title, defaults={"text_en": english, "text_zh": chinese}
        )
    for slug, values in knowledge_files.read("articles").items():
        Article.objects.get_or_create(slug=slug, defaults=values)
    try:
        with training_run(INTENTS) as run:
            model = training.train_intents(progress)
            run.finish_with(model)
    except EncoderUnavailable:
        # The run's row says what to do; the nearest examples cannot answer either, people can.
        return "support: no encoder, the assistant hands over to agents"
    accuracy = model.metrics["accuracy"]
    known = f"{model.parameters['examples']:,} utterances known, accuracy {accuracy:.3f}"
    return f"support: agents may answer; {known}" if first else ""
