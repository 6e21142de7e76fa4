from django.db import migrations, models

from foundation.schema import AddIndexWhileOpen


class Migration(migrations.Migration):
    # An index is made concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("shop", "0010_consent_by_mail"),
    ]

    operations = [
        AddIndexWhileOpen(
            model_name="product",
            index=models.Index(
                fields=["-recent_units", "-units_sold", "id"], name="product_popular"
            ),
        ),
    ]
