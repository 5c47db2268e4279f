"""The models of jobs come from `core`; their tables stay as they are."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("core", "0003_lanes")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Job",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("task", models.CharField(max_length=120)),
                        ("arguments", models.JSONField(default=list)),
                        ("unique_key", models.CharField(max_length=200, null=True, unique=True)),
                        ("lane", models.CharField(blank=True, max_length=100)),
                        (
                            "state",
                            models.CharField(
                                choices=[("PENDING", "Pending"), ("FAILED", "Failed")],
                                default="PENDING",
                                max_length=8,
                            ),
                        ),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("leased_until", models.DateTimeField(null=True)),
                        ("last_error", models.TextField(blank=True)),
                        ("request_id", models.CharField(blank=True, max_length=64)),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ],
                    options={
                        "db_table": "core_job",
                        "indexes": [
                            models.Index(
                                fields=["state", "due_at"], name="core_job_state_456d01_idx"
                            ),
                            models.Index(fields=["lane", "id"], name="core_job_lane_c97b83_idx"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ScheduledTask",
                    fields=[
                        (
                            "task",
                            models.CharField(max_length=120, primary_key=True, serialize=False),
                        ),
                        ("due_at", models.DateTimeField()),
                    ],
                    options={"db_table": "core_round"},
                ),
            ]
        ),
        migrations.RemoveIndex("job", "core_job_lane_c97b83_idx"),
        migrations.RenameField("job", "lane", "ordering_key"),
        migrations.AddIndex(
            "job",
            models.Index(fields=["ordering_key", "id"], name="core_job_lane_c97b83_idx"),
        ),
    ]
