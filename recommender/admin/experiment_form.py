"""The form of an experiment: what is expected, and its arms."""

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from coupons.models import Channel
from recommender.enums import PolicyStatus
from recommender.models import Experiment, ModelVersion, Policy
from recommender.services.experiments import MOST_ARMS, ArmSpec


class ExperimentForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Experiment
        fields = ("name", "hypothesis", "planned_shoppers", "error_percent")


class ArmForm(forms.Form):
    """One arm; a row without a name does not count."""

    name = forms.CharField(label=_("Name"), max_length=60, required=False)
    weight = forms.IntegerField(label=_("Weight"), min_value=1, max_value=1000, initial=1, required=False)
    policy = forms.ModelChoiceField(
        label=_("Policy"), queryset=Policy.objects.none(), required=False, empty_label=_("The live policy")
    )
    model_version = forms.ModelChoiceField(
        label=_("Model"), queryset=ModelVersion.objects.none(), required=False, empty_label=_("The live model")
    )

    def __init__(self, *args: Any, policies: QuerySet[Policy], versions: QuerySet[ModelVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("policy", policies), ("model_version", versions)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - as declared above
            field.queryset = rows

    def spec(self) -> ArmSpec | None:
        data = self.cleaned_data
        if not data.get("name"):
            return None
        return ArmSpec(
            name=data["name"],
            weight=data["weight"] or 1,
            policy_id=data["policy"].pk if data["policy"] else None,
            model_version_id=data["model_version"].pk if data["model_version"] else None,
        )


class BaseArmRows(forms.BaseFormSet):  # type: ignore[type-arg]
    def specs(self) -> list[ArmSpec]:
        return [spec for form in self.forms if (spec := form.spec()) is not None]


def arm_rows(data: Any, *, channel: Channel, experiment: Experiment | None) -> BaseArmRows:
    """The arms as rows to type in; the first is the control."""
    if experiment is None:
        initial: list[dict[str, Any]] = [{"name": _("Control"), "weight": 1}, {"name": _("New"), "weight": 1}]
    else:
        arms = experiment.arms.order_by("position")
        initial = [dict(arm) for arm in arms.values("name", "weight", "policy", "model_version")]
    rows = forms.formset_factory(ArmForm, formset=BaseArmRows, extra=1, max_num=MOST_ARMS)
    served = [PolicyStatus.DRAFT, PolicyStatus.LIVE, PolicyStatus.RETIRED]
    policies = Policy.objects.filter(channel=channel, status__in=served).order_by("-number")
    versions = ModelVersion.objects.order_by("-number").only("number")
    made = rows(data, prefix="arm", initial=initial, form_kwargs={"policies": policies, "versions": versions})
    return cast("BaseArmRows", made)
