"use strict";
// Loaded before every entry point: an older Node would fail later and say something else.
const [major] = process.versions.node.split(".").map(Number);
if (major < 26) {
  process.stderr.write(
    `Verbatim needs Node 26 or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      "Run `npm ci` (without --ignore-scripts) and start it through npm: npm brings Node 26 along as the package `node`.\n",
  );
  process.exit(2);
}
