"""Write the JSON Schemas that the package ships, from the shapes that its readers use.

python packages/penstock-compat/tests/schemas.py
"""

from __future__ import annotations

from pathlib import Path

from penstock_compat import formats
from penstock_compat.report import json_format

FOLDER = Path(formats.__file__).parent / "schemas"
TEXTS = {
    formats.RESULTS_SCHEMA: formats.schema_text(formats.RESULTS, "Results of a compatibility matrix"),
    formats.PLAN_SCHEMA: formats.schema_text(formats.PLAN, "Plan of a compatibility matrix"),
    json_format.SCHEMA: formats.schema_text(json_format.REPORT, "Compatibility report"),
}

if __name__ == "__main__":
    for name, text in TEXTS.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
