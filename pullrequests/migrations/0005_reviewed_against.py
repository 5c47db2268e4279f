from django.db import migrations, models
from django.db.models import Case, F, OuterRef, Subquery, When


def fill(apps, schema_editor):
    """What was judged before this column is taken as judged against the target that was looked at last."""
    pull_requests = apps.get_model('pullrequests', 'PullRequest')
    participants = apps.get_model('pullrequests', 'Participant')
    target = pull_requests.objects.filter(pk=OuterRef('pull_request')).order_by().annotate(
        seen=Case(When(judged_to='', then=F('to_id')), default=F('judged_to'))
    )
    rows = participants.objects.filter(status='APPROVED').exclude(pull_request__state='MERGED')
    rows.update(reviewed_against=Subquery(target.values('seen')[:1]))


class Migration(migrations.Migration):

    dependencies = [
        ('pullrequests', '0004_conflicts'),
    ]

    operations = [
        migrations.AddField(
            model_name='participant',
            name='reviewed_against',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
