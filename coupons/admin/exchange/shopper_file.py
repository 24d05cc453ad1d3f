"""Shoppers as lines of a file: identity, consent and segments. Names and addresses have no place here."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from import_export import fields, widgets

from coupons.admin.exchange.line_file import LineFile, Text, YesNo
from coupons.admin.state import refusal_text
from coupons.errors import CouponError
from coupons.models import Channel, Shopper
from coupons.services.shopper_records import save_shopper


class ChannelBySlug(widgets.ForeignKeyWidget):  # type: ignore[misc]  # ships no types
    def clean(self, value: Any, row: Any = None, **options: Any) -> Channel:  # noqa: ARG002
        found = Channel.objects.filter(slug=str("" if value is None else value).strip()).first()
        if found is None:
            raise ValueError(gettext("there is no such channel"))
        return found

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:  # noqa: ARG002
        return str(value.slug) if value else ""


class Segments(widgets.CharWidget):  # type: ignore[misc]
    """`gold; new`."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> list[str]:  # noqa: ARG002
        text = str("" if value is None else value)
        names = list(dict.fromkeys(filter(None, (each.strip() for each in text.split(";")))))
        if any(len(name) > 40 for name in names):
            raise ValueError(gettext("a segment has at most 40 characters"))
        return names

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:  # noqa: ARG002
        return "; ".join(value or [])


class ShopperFile(LineFile):
    """A line is new or changed by its channel and shopper id."""

    required = ("channel", "shopper")
    larger_by = "import_shoppers"

    channel = fields.Field("channel", "channel", ChannelBySlug(Channel, "slug"))
    shopper = fields.Field("external_id", "shopper", Text())
    personalised = fields.Field("personalised", "personalised", YesNo())
    segments = fields.Field("segments", "segments", Segments())

    class Meta(LineFile.Meta):
        model = Shopper
        import_id_fields = ("channel", "shopper")
        fields = ("channel", "shopper", "personalised", "segments")
        import_order = export_order = fields

    def get_queryset(self) -> Any:
        return Shopper.objects.select_related("channel")

    def import_instance(self, instance: Shopper, row: Mapping[str, Any], **options: Any) -> None:
        super().import_instance(instance, row, **options)
        name = str(row.get("shopper") or "").strip()
        if not name or len(name) > 64 or "@" in name:
            text = gettext("an id of at most 64 characters is expected, and no e-mail address")
            raise ValidationError({"shopper": [text]})

    def do_instance_save(self, instance: Shopper, is_create: bool) -> None:  # noqa: ARG002
        try:
            saved = save_shopper(
                channel=instance.channel,
                external_id=instance.external_id,
                personalised=instance.personalised,
                segments=instance.segments,
                actor=self.actor,
            )
        except CouponError as error:
            raise ValidationError(refusal_text(error)) from error
        instance.pk = saved.pk
