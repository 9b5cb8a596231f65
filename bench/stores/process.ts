/** Programs of TypeScript in processes of their own. They import the package by its name, as applications do. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as readline from "node:readline"
import { fileURLToPath } from "node:url"

const tsconfig = fileURLToPath(new URL("../../tsconfig.examples.json", import.meta.url))

/** Starts a script, whose answers are lines. */
export const started = (script: string, ...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, TSX_TSCONFIG_PATH: tsconfig }
  })
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async () => {
    const next = await lines.next()
    if (next.done) throw new Error(`${script} ended before its answer`)
    return next.value
  }
  // One may end before the others.
  const exit = once(child, "exit")
  const stop = async () => {
    child.stdin.end()
    await exit
  }
  return { child, line, stop }
}
