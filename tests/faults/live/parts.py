"""Parts of the shop that are slow or fail when a file says so, in every process alike."""

import resource
import smtplib
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from shop.checkout.protocol import CardInput
from shop.payments.provider import Charge, ProviderTimeout
from shop.payments.testprovider import TestProvider

SLOW_SECONDS = 1.0
FILE_LIMIT = 200_000
ARTEFACT_BYTES = 1_000_000


def mode(part: str) -> str:
    """What a part is told to do; empty when nothing."""
    try:
        return (settings.FAULTS_DIR / part).read_text()
    except OSError:
        return ""


class Payment(TestProvider):
    """Charges and loses the answer every other time, or never gets the question."""

    asked = 0

    def charge(self, *, key: str, amount, card: CardInput) -> Charge:
        told = mode("payment")
        if told == "slow":
            time.sleep(SLOW_SECONDS)
        if told == "fail":
            Payment.asked += 1
            if Payment.asked % 2:
                super().charge(key=key, amount=amount, card=card)
            raise ProviderTimeout
        return super().charge(key=key, amount=amount, card=card)


class Mail(BaseEmailBackend):
    """Writes the ``Message-ID`` of what was sent: one line, one mail."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        told = mode("mail")
        if told == "slow":
            time.sleep(SLOW_SECONDS)
        if told == "fail":
            raise smtplib.SMTPServerDisconnected
        with (settings.FAULTS_DIR / "sent").open("a") as file:
            for message in messages:
                file.write(f"{message.extra_headers['Message-ID']}\n")
        return len(messages)


def search(query: str, **more: object) -> Sequence:
    """The shop's ranked search, when it works."""
    from recommend.selectors import search as ranked

    told = mode("model")
    if told == "slow":
        time.sleep(SLOW_SECONDS)
    if told == "fail":
        raise RuntimeError("the model is told to fail")
    return ranked(query, **more)


def train() -> None:
    """A training that takes as long as it is told, then writes a file of a megabyte."""
    from foundation import registry, runs

    with runs.training_run("tests.numbers") as run:
        for step in range(int(mode("steps") or 1)):
            run.report(step, 1000, "step by step")
            time.sleep(0.1)
        if mode("disk") == "limit":
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, hard))
        try:
            version = registry.save_version(
                capability="tests.numbers", suffix=".npz", write=_write_artefact
            )
        finally:
            if mode("disk") == "limit":
                resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        registry.activate(version)
        run.finish_with(version)


def _write_artefact(path: Path) -> None:
    path.write_bytes(bytes(ARTEFACT_BYTES))
