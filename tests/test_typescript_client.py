"""The TypeScript client compiles, and a call that the API would refuse does not."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = {"typescript": "5.9.3", "openapi-fetch": "0.17.0"}
FOLDER = ROOT / "var" / "typescript"
"""Kept between runs: the packages are fetched once."""

PROGRAM = """
import { couponClient } from 'coupon-platform-client'

const coupons = couponClient({ baseUrl: 'http://localhost:8000', apiKey: 'key' })

export async function buy(shopper: string): Promise<number> {
  const { data } = await coupons.GET('/api/v1/recommendations', { params: { query: { shopper, limit: 5 } } })
  const wanted: string[] = (data?.items ?? []).map((item) => item.coupon)
  const order = await coupons.POST('/api/v1/redemptions', {
    params: { header: { 'Idempotency-Key': 'order-1' } },
    body: {
      order_ref: '1',
      shopper,
      mode: 'redeem',
      place: 'main-street',
      cart: { items: [{ ref: '1', quantity: 1, unit_price_minor: 299 }] },
      coupons: wanted,
    },
  })
  // @ts-expect-error: there is no such address
  await coupons.GET('/api/v1/recommendation')
  // @ts-expect-error: a mode that does not exist, and no cart
  await coupons.POST('/api/v1/redemptions', { body: { order_ref: '1', mode: 'take' } })
  return order.data?.discount_minor ?? 0
}
"""


@pytest.fixture
def packages() -> Path:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("TypeScript client not compiled: no Node (npm on PATH)")
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not all((FOLDER / "node_modules" / name / "package.json").exists() for name in PACKAGES):
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline", *wanted]
        try:
            done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=90, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("TypeScript client not compiled: its packages could not be fetched in time")
        if done.returncode:
            pytest.skip(f"TypeScript client not compiled: its packages could not be fetched: {done.stderr[-200:]}")
    return FOLDER


def test_a_program_on_the_client_compiles(packages: Path) -> None:
    client = packages / "node_modules" / "coupon-platform-client"
    shutil.rmtree(client, ignore_errors=True)
    shutil.copytree(ROOT / "clients" / "typescript", client)
    (packages / "program.ts").write_text(PROGRAM)
    options = ["--noEmit", "--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"]
    compiler = packages / "node_modules" / ".bin" / "tsc"
    done = subprocess.run(
        [str(compiler), *options, "program.ts"], cwd=packages, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
