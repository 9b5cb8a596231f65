#!/usr/bin/env node
/** The program `effect-julep`. It answers `--version` before it loads anything. */
import { readFileSync } from "node:fs"

const args = process.argv.slice(2)

// The bundle is as deep in the package as this file is.
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))

if (args.length === 1 && (args[0] === "--version" || args[0] === "-v")) {
  console.log(version)
} else {
  const { main } = await import("./node.js")
  await main(args, version)
}
