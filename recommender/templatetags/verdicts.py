"""Verdicts on model versions in templates."""

from django import template

from recommender.verdicts import verdict_words

register = template.Library()
register.filter("verdict", verdict_words)
