"""Make the typed clients anew from the OpenAPI document: `make clients`. Needs Node for the TypeScript one."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
OPENAPI_TYPESCRIPT = "openapi-typescript@7.13.0"


def write_document(file: Path) -> None:
    manage = [sys.executable, str(HERE.parent / "manage.py"), "write_openapi", str(file)]
    subprocess.run(manage, check=True, cwd=HERE.parent)


def write_python_client(document: Path, target: Path) -> None:
    """The package of openapi-python-client, without what it would format by programs of its own."""
    generator = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document)]
    options = ["--config", str(HERE / "python-client.yaml"), "--output-path", str(target), "--meta", "setup"]
    subprocess.run([*generator, *options, "--overwrite"], check=True, stdout=subprocess.DEVNULL)


def write_typescript_types(document: Path, target: Path) -> None:
    npx = shutil.which("npx")
    if npx is None:
        raise SystemExit("clients: npx is needed for the TypeScript client (Node 20 or newer)")
    subprocess.run([npx, "--yes", OPENAPI_TYPESCRIPT, str(document), "-o", str(target)], check=True)


def digest_of(document: Path) -> str:
    return hashlib.sha256(document.read_bytes()).hexdigest()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "openapi.json"
        write_document(document)
        shutil.rmtree(HERE / "python", ignore_errors=True)
        write_python_client(document, HERE / "python")
        write_typescript_types(document, HERE / "typescript" / "schema.d.ts")
        (HERE / "document.sha256").write_text(digest_of(document) + "\n")


if __name__ == "__main__":
    main()
