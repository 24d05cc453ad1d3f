"""What somebody needs to use a running demo, kept in var/demo.json for scripts and printed for people."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from couponsite.embedded.files import write_private


@dataclass(frozen=True)
class Card:
    """The demo's way in. `example_shopper` is an external id that has personal recommendations."""

    url: str
    admin_user: str
    admin_password: str
    api_key: str
    example_shopper: str

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v1/recommendations?shopper={self.example_shopper}"

    @property
    def api_headers(self) -> dict[str, str]:
        return {"Authorization": f"Api-Key {self.api_key}"}

    @property
    def curl(self) -> str:
        header = "".join(f"{name}: {value}" for name, value in self.api_headers.items())
        return f'curl -H "{header}" "{self.api_url}"'

    def block(self) -> str:
        """The lines for people."""
        return "\n".join(
            [
                "",
                f"  Shop      {self.url}/shop/",
                f"  Admin     {self.url}/admin/   {self.admin_user} / {self.admin_password}",
                f"  API key   {self.api_key}",
                f"  API docs  {self.url}/api/docs/",
                f"  Try       {self.curl}",
                "",
                "  Ctrl-C stops everything; the data stays under var/.",
                "",
            ]
        )


def card_file(var_dir: Path) -> Path:
    return var_dir / "demo.json"


def read_card(var_dir: Path) -> Card | None:
    """The last card; None where there is none or its file is not one."""
    try:
        content = json.loads(card_file(var_dir).read_text())
        return Card(**{field.name: str(content[field.name]) for field in fields(Card)})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_card(var_dir: Path, card: Card) -> None:
    write_private(card_file(var_dir), json.dumps(asdict(card), indent=2) + "\n")
