from django.db import migrations


def write_anew(apps, schema_editor):
    """What was kept as it came is read as an image and written anew, like all that comes from now on."""
    from core.errors import Invalid
    from infrastructure.images import normalised

    for avatar in apps.get_model("repos", "ProjectAvatar").objects.iterator():
        try:
            avatar.content = normalised(bytes(avatar.content))
            avatar.save(update_fields=["content"])
        except Invalid:
            avatar.delete()


class Migration(migrations.Migration):
    dependencies = [("repos", "0003_access_keys")]

    operations = [
        migrations.RunPython(write_anew, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(model_name="projectavatar", name="media_type"),
    ]
