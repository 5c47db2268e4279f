from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_profiles")]

    operations = [
        migrations.RenameModel("FailedSignIns", "SignInAttempts"),
        migrations.AddField(
            model_name="signinattempts",
            name="comparisons",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="signinattempts",
            name="last_proved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="signinattempts",
            name="last_failed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
