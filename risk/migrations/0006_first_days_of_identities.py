"""A customer's cards, browsers and addresses are kept with the day of their first use.

What was known before counts as known for ever; ``rebuild_risk_states`` finds the true days.
"""

from django.db import migrations

NAMES = ("cards", "visitors", "addresses")


def keep_days(apps, schema_editor):
    states = apps.get_model("risk", "IdentityState").objects
    for row in states.filter(key__startswith="customer:").iterator(chunk_size=1000):
        lists = {name: row.state[name] for name in NAMES if isinstance(row.state.get(name), list)}
        if lists:
            row.state |= {name: dict.fromkeys(keys, 0.0) for name, keys in lists.items()}
            row.save(update_fields=["state"])


class Migration(migrations.Migration):
    dependencies = [("risk", "0005_known_devices")]
    operations = [migrations.RunPython(keep_days, migrations.RunPython.noop, elidable=True)]
