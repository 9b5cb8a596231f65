/** Shared by the gates: running commands, temporary folders, and printing results. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** The root of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url))

/** Prints a result. */
export const say = (text) => console.log(`  ${text}`)

/** Fails the gate, with what is wrong and what to do. */
export const fail = (text) => {
  console.error(`  FAILED: ${text}`)
  process.exit(1)
}

/** Runs a command and returns its output. A command that fails ends the gate, unless `allowFailure` is set. */
export const run = (command, args, { allowFailure = false, cwd = root, env = {}, input } = {}) => {
  const started = performance.now()
  const result = spawnSync(command, args, {
    cwd,
    input,
    encoding: "utf8",
    env: { ...process.env, ...env },
    maxBuffer: 1 << 26
  })
  if (result.error !== undefined) fail(`${command} cannot be run: ${result.error.message}`)
  const output = `${result.stdout}${result.stderr}`
  if (result.status !== 0 && !allowFailure) {
    console.error(output)
    fail(`${[command, ...args].join(" ")} ended with ${result.status ?? result.signal}`)
  }
  return { output, stdout: result.stdout, status: result.status, ms: performance.now() - started }
}

/** A program of the development dependencies. */
export const bin = (name) => join(root, "node_modules", ".bin", name)

/** A folder that is deleted when the process ends. */
export const temporaryFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), "effect-julep-gate-"))
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** "1.2 s" */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

/** "12.3 kB", of 1000 bytes each. */
export const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`
