// Opens a socket with Node's `ws` and prints what comes, a line each.
//
// Usage: client.cjs URL WAY KEY COUNT, where WAY is `bearer`, `subprotocol` or `none`.
"use strict";

const WebSocket = require("ws");

const [url, way, key, count] = process.argv.slice(2);
const headers = way === "bearer" ? { Authorization: `Bearer ${key}` } : {};
const protocols = way === "subprotocol" ? ["callboard.v1", `key.${key}`] : [];
const socket = new WebSocket(url, protocols, { headers });

let left = Number(count);
socket.on("message", (data) => {
  if (left <= 0) return;
  console.log(data.toString());
  left -= 1;
  if (left === 0) socket.close();
});
socket.on("unexpected-response", (request, response) => {
  console.log("refused", response.statusCode);
  request.destroy();
  process.exit();
});
socket.on("close", (code) => {
  if (left > 0) console.log("closed", code);
});
