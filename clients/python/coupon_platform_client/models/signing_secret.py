from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="SigningSecret")



@_attrs_define
class SigningSecret:
    """ What a backend needs to sign shopper tokens itself, without a call for each.

     """

    algorithm: str
    key_id: str
    """ The `kid` of the JWT's header. """
    audience: str
    """ The `aud` of its claims. """
    max_lifetime: int
    """ Seconds that `exp` may be after `iat`. """
    secret: str
    """ Keep it where the API key is. It ends when the key is revoked. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        algorithm = self.algorithm

        key_id = self.key_id

        audience = self.audience

        max_lifetime = self.max_lifetime

        secret = self.secret


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "algorithm": algorithm,
            "key_id": key_id,
            "audience": audience,
            "max_lifetime": max_lifetime,
            "secret": secret,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        algorithm = d.pop("algorithm")

        key_id = d.pop("key_id")

        audience = d.pop("audience")

        max_lifetime = d.pop("max_lifetime")

        secret = d.pop("secret")

        signing_secret = cls(
            algorithm=algorithm,
            key_id=key_id,
            audience=audience,
            max_lifetime=max_lifetime,
            secret=secret,
        )


        signing_secret.additional_properties = d
        return signing_secret

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
