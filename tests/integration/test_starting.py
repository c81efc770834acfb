"""What a server has loaded when it starts to answer, and what it leaves for whoever first needs it."""

import json
import os
import subprocess
import sys

LATER = {
    "alembic",
    "campaign.web.organize.views",
    "markdown_it",
    "pyotp",
    "segno",
    "sqlalchemy.dialects.postgresql",
    "typst",
    "webauthn",
}
# The command as it is started, stopped where `serve` would begin.
START = """
import gc, json, sys
from campaign.__main__ import main

sys.argv = ["campaign", "serve", "--help"]
try:
    main()
except SystemExit:
    pass
loaded = sorted(set(sys.modules) & set(json.loads(sys.stdin.read())))
print(json.dumps([loaded, gc.isenabled(), gc.get_freeze_count(), "campaign.app" in sys.modules]))
"""


def test_a_server_starts_without_what_only_some_pages_need_and_then_looks_for_garbage() -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_")}
    result = subprocess.run(
        [sys.executable, "-c", START],
        input=json.dumps(sorted(LATER)),
        capture_output=True,
        text=True,
        env=plain,
        check=True,
    )
    loaded, looks_for_garbage, left_alone, has_app = json.loads(result.stdout.splitlines()[-1])
    assert has_app
    assert loaded == []
    assert looks_for_garbage
    assert left_alone > 10_000
