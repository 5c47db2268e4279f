"""A circuit breaker that refuses is open."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]

    operations = [migrations.RenameField("target", "closed_until", "open_until")]
