"""ts-topy's mock server as `ts-topy mock-server` runs it, but on a free port and without an access log.

Its size is drawn at each start, from about 16 to 69 executions; this seed gives 36, the middle.
"""

from __future__ import annotations

import random  # noqa: TID251 - what the mock server draws from

import uvicorn
from ts_topy.mock_server import app  # type: ignore[import-untyped]  # ts-topy has no types

if __name__ == "__main__":
    random.seed(1)
    uvicorn.run(app, host="127.0.0.1", port=0, access_log=False)
