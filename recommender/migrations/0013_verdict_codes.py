"""Verdicts as codes with their facts, to be said in any language; those of before keep their words."""

from django.db import migrations, models

_FIRST = "Activated: no model was live."


def to_codes(apps, schema_editor):
    versions = apps.get_model("recommender", "ModelVersion").objects
    activations = apps.get_model("recommender", "ModelActivation").objects
    for version in versions.exclude(verdict_words=""):
        words = version.verdict_words
        verdict = {"code": "first"} if words == _FIRST else {"code": "as_written", "words": words}
        versions.filter(pk=version.pk).update(verdict=verdict)
        activations.filter(version=version.pk, actor=None, reason=words).update(reason="")


def to_words(apps, schema_editor):
    from recommender.verdicts import verdict_words

    versions = apps.get_model("recommender", "ModelVersion").objects
    for version in versions.exclude(verdict={}):
        versions.filter(pk=version.pk).update(verdict_words=verdict_words(version.verdict)[:300])


class Migration(migrations.Migration):
    dependencies = [
        ("recommender", "0012_lean_impressions"),
    ]

    operations = [
        migrations.RenameField(model_name="modelversion", old_name="verdict", new_name="verdict_words"),
        migrations.AddField(
            model_name="modelversion",
            name="verdict",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Why it was or was not activated by itself",
                verbose_name="verdict",
            ),
        ),
        migrations.AlterField(
            model_name="modelactivation",
            name="reason",
            field=models.CharField(
                blank=True,
                help_text="Empty where the version's verdict was the reason",
                max_length=300,
                verbose_name="reason",
            ),
        ),
        migrations.RunPython(to_codes, to_words),
        migrations.RemoveField(model_name="modelversion", name="verdict_words"),
    ]
