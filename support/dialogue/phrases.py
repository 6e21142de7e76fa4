"""Words that steer a dialogue whatever it is about: yes, no, stop, undo, do not."""

import re

YES = re.compile(
    r"^(?:yes|y|yeah|yep|yup|ok|okay|sure|correct|right|exactly|go ahead|do it|please do|confirm(?:ed)?"
    r"|of course|that'?s right|absolutely"
    r"|是|是的|对|对的|好|好的|好啊|行|行吧|可以|嗯|嗯嗯|确认|确定|没错|要|办吧|就这样办|麻烦了)(?:$|[\s,，。.!！~]+)",
    re.IGNORECASE,
)
NO = re.compile(
    r"^(?:no|n|nope|nah|not|wrong|don'?t|do not|rather not"
    r"|否|不|不是|不对|不要|不用|不行|别|不了|错了|等等|先别|算了)(?:$|[\s,，。.!！~]+|.{0,12}$)",
    re.IGNORECASE,
)
BUT = re.compile(
    r"\b(?:but|wait|actually|instead|not|don'?t|no)\b|但|不过|等等|不是|别|改", re.IGNORECASE
)
STOP = re.compile(
    r"^(?:stop|never ?mind|forget (?:it|about it)|leave it|drop it|abort|skip it|quit"
    r"|算了(?:吧)?|不用了|不办了|先不弄了?|不弄了|没事了|当我没说|先这样)[\s。.!！~]*$",
    re.IGNORECASE,
)
UNDO = re.compile(
    r"^(?:please )?(?:undo(?: (?:it|that|this))?|take (?:it|that) back|revert(?: (?:it|that))?"
    r"|撤销|撤回|撤销一下|撤销刚才的操作|反悔了?|恢复(?:一下|回去)?|还原)[\s。.!！~]*$",
    re.IGNORECASE,
)
DO_NOT = re.compile(
    r"\b(?:don'?t|do not|never|not going to|no need to|didn'?t (?:want|ask) to|don'?t want to)\s+"
    r"(?:want (?:you )?to\s+)?(?:cancel|return|delete|close|remove|send (?:it )?back)\b"
    r"|(?:别|不要|不用|不想|先不|没想|没说要|不是要)(?:给我|帮我)?(?:取消|退|注销|删)",
    re.IGNORECASE,
)
OTHER = re.compile(r"\b(?:the )?other (?:one|order)\b|另(?:外)?一[个单件]|别的那", re.IGNORECASE)
FOLLOW_UP = re.compile(
    r"^(?:(?:and|so|ok|then)\s+)?(?:what|how) about (?:the|that|this) \w+(?: one| order)?[?.]?$"
    r"|^and (?:the|that|this) \w+(?: one| order)?[?.]?$"
    r"|^(?:那|那么)?(?:第[一二三四]个|[那这]个|[那这][款单件双]|最后一个)呢[?？。]?$",
    re.IGNORECASE,
)
"""What about the other thing: the same question, asked of something else."""
PLACE = re.compile(
    r"^(?:the )?(?:first|second|third|fourth|fifth|sixth|last)"
    r"(?: one| order)?(?: please)?[.!]?$"
    r"|^(?:请?选?)?(?:第[一二三四五六]个?|最后一个)(?:订单|吧)?[。！!]?$",
    re.IGNORECASE,
)
"""Nothing but a place in a list."""
PARTS = re.compile(
    r"[;；。!！?？\n]+|,?\s+and (?:also )?|,\s*also\s+|,\s*then\s+|\.\s+"
    r"|(?:，|,)?\s*(?:另外|还有|顺便|然后|并且|以及)",
    re.IGNORECASE,
)


def is_yes(text: str) -> bool:
    """A plain yes: what follows it neither limits nor changes it."""
    match = YES.match(text.strip())
    if not match:
        return False
    rest = text.strip()[match.end() :]
    return not BUT.search(rest) and len(rest) <= 40


def is_no(text: str) -> bool:
    return bool(NO.match(text.strip()))


def parts(text: str) -> list[str]:
    """The clauses of a message that may each want something."""
    found = [part.strip(" ,，") for part in PARTS.split(text)]
    return [part for part in found if len(part) >= 3 or (part and not part.isascii())][:4]
