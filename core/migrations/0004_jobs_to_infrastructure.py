"""The models of jobs go to `infrastructure`; their tables stay as they are."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0003_lanes"), ("infrastructure", "0001_jobs_from_core")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel(name="Job"),
                migrations.DeleteModel(name="Round"),
            ]
        )
    ]
