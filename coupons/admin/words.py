"""Strings of others that our catalogues hold: what Unfold ships no translation for, and what we call otherwise."""

from django.utils.translation import gettext_noop

UNFOLD_WORDS = (
    gettext_noop("Type to search"),
    gettext_noop("Filters"),
    gettext_noop("Select value"),
    gettext_noop("Select action"),
    gettext_noop("Apply Filters"),
    gettext_noop("Clear all filters"),
    gettext_noop("Reset filters"),
    gettext_noop("No results found"),
    gettext_noop("Choose file to upload"),
    gettext_noop("Select format"),
    gettext_noop("This page yielded into no results. Create a new item or reset your filters."),
    gettext_noop("Previous"),
    gettext_noop("Next"),
    gettext_noop("General"),
    gettext_noop("Light"),
    gettext_noop("Dark"),
    gettext_noop("System"),
    gettext_noop("Show all"),
    gettext_noop("Select record"),
    gettext_noop("Run the selected action"),
    gettext_noop("By %(filter_title)s"),
    gettext_noop("From"),
    gettext_noop("To"),
    gettext_noop("Date"),
    gettext_noop("Time"),
    gettext_noop("Select all rows"),
    gettext_noop("Select this row"),
    gettext_noop(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password "
        'using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
)

OUR_NAMES = (
    gettext_noop("periodic task"),
    gettext_noop("periodic tasks"),
    gettext_noop("user"),
    gettext_noop("users"),
    gettext_noop("group"),
    gettext_noop("groups"),
    gettext_noop("celery.backend_cleanup"),
    gettext_noop("Analyst"),
    gettext_noop("Operator"),
    gettext_noop("Approver"),
    gettext_noop("Data scientist"),
    gettext_noop("After you've created a user, you’ll be able to edit more user options."),
)
"""Jobs, staff and roles, here; in English too, by locale/en."""

PERMISSIONS = (
    gettext_noop("Can erase what is held of a shopper"),
    gettext_noop("Can send campaigns for approval and reopen them"),
    gettext_noop("Can approve campaigns of others"),
    gettext_noop("Can pause, resume and archive campaigns"),
    gettext_noop("Can download the codes of a batch"),
    gettext_noop("Can make policies of others live"),
    gettext_noop("Can make a policy live against its estimate, with a reason"),
    gettext_noop("Can start and stop a training"),
    gettext_noop("Can choose which model is live"),
    gettext_noop("Can start and stop experiments"),
)
"""What the permissions say that are not of a table alone; a test holds that all are here."""
