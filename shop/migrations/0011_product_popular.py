from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0010_consent_by_mail"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                fields=["-recent_units", "-units_sold", "id"], name="product_popular"
            ),
        ),
    ]
