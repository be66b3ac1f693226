// Says what is newer in a script than ECMAScript 2016; nothing: nothing is.
const { readFileSync } = require("node:fs");
const { parse } = require("acorn");

try {
  parse(readFileSync(process.argv[2], "utf8"), { ecmaVersion: 2016, sourceType: "script" });
} catch (error) {
  console.log(String(error.message));
}
