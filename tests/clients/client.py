"""Opens a socket with Python's `websockets` and prints what comes, a line each.

Usage: client.py URL WAY KEY COUNT, where WAY is `bearer`, `subprotocol` or `none`.
"""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus


async def main(url, way, key, count):
    options = {"proxy": None}
    if way == "bearer":
        options["additional_headers"] = {"Authorization": f"Bearer {key}"}
    if way == "subprotocol":
        options["subprotocols"] = ["callboard.v1", f"key.{key}"]
    try:
        async with connect(url, **options) as socket:
            if way == "subprotocol":
                assert socket.subprotocol == "callboard.v1", socket.subprotocol
            for _ in range(count):
                print(await socket.recv(), flush=True)
    except InvalidStatus as error:
        print("refused", error.response.status_code)
    except ConnectionClosed as error:
        print("closed", error.rcvd.code if error.rcvd else 1006)


asyncio.run(main(*sys.argv[1:4], int(sys.argv[4])))
