"""Rates in templates."""

from django import template

register = template.Library()


@register.filter
def share(value: float | None) -> str:
    """A rate with one decimal, 36.8%; a dash where there is none."""
    return "–" if value is None else f"{100 * value:.1f}%"
