import foundation.encryption
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('foundation', '0007_against'),
    ]

    operations = [
        # The column stays as it is: a message on its way that was written before is told by its mark.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='outboxmessage',
                    name='args',
                    field=foundation.encryption.EncryptedJSONField(verbose_name='composed from', default=dict, help_text='What it is composed from; forgotten when it is sent.'),
                ),
            ]
        ),
    ]
