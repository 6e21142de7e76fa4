"""What the model cards of the assistant say."""

from django.utils.translation import gettext_lazy as _

from foundation.cards import Words

CARDS = {
    "support.intents": Words(
        _("Understands what a message wants, in Chinese and English."),
        [
            _("Measured on written test utterances, not on the shop's own chats."),
            _("Below its threshold it asks back or hands over to a person."),
        ],
    ),
}
