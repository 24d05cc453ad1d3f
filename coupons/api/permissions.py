"""What a key may do."""

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from coupons.models import ApiKey


class HasScope(BasePermission):
    """Lets a key in whose scopes hold the view's `required_scope`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        key, scope = request.auth, view.required_scope  # type: ignore[attr-defined]  # every view with HasScope has one
        if not isinstance(key, ApiKey):
            raise NotAuthenticated(
                "Send an API key: `Authorization: Api-Key <key>` or `X-Api-Key: <key>`.", code="api_key_missing"
            )
        if scope not in key.scopes:
            raise PermissionDenied(f"This API key lacks the scope {scope}.", code="scope_missing")
        return True
