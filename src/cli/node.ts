/** The command line over the process that it runs in. */

import { text } from "node:stream/consumers"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { INTERRUPTED } from "./exitCodes.js"
import { Stdio } from "./output.js"
import { lineReader } from "./readLine.js"
import { run } from "./run.js"

/** Writes a text, and waits until the reader of a pipe has taken it. */
const writer = (stream: NodeJS.WriteStream) => (chunk: string) =>
  Effect.async<void>((resume) => {
    stream.write(chunk, () => resume(Effect.void))
  })

/** Those who wait for a Ctrl-C. */
const waiting = new Set<() => void>()

const interrupt = Effect.async<void>((resume) => {
  const wake = () => resume(Effect.void)
  waiting.add(wake)
  return Effect.sync(() => void waiting.delete(wake))
})

/** The first signal lets the command close what it opened. The second one ends the process. */
const signal = Effect.async<"SIGINT" | "SIGTERM">((resume) => {
  let seen = false
  const listen = (name: "SIGINT" | "SIGTERM") =>
    process.on(name, () => {
      if (name === "SIGINT" && waiting.size > 0) {
        const all = [...waiting]
        waiting.clear()
        for (const wake of all) wake()
        return
      }
      if (seen) process.exit(INTERRUPTED[name])
      seen = true
      resume(Effect.succeed(name))
    })
  listen("SIGINT")
  listen("SIGTERM")
})

/** What is taken for the width of a terminal that reports none, such as that of a container. */
const USUAL_WIDTH = 80

const asked = lineReader(process.stdin, process.stdout.isTTY ? process.stdout : process.stderr)

const streams: Stdio.Service = {
  write: writer(process.stdout),
  writeError: writer(process.stderr),
  read: Effect.promise(() => text(process.stdin)),
  columns: process.stdout.isTTY ? process.stdout.columns || USUAL_WIDTH : undefined,
  errorIsTerminal: process.stderr.isTTY === true,
  inputIsTerminal: process.stdin.isTTY === true,
  colors: process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "",
  signal,
  interrupt,
  input: Stream.orDie(NodeStream.stdin),
  // A terminal that asks makes no signal of Ctrl-C.
  ask: (prompt) =>
    Effect.tap(asked(prompt), ({ _tag }) => {
      if (_tag === "Interrupted") process.emit("SIGINT", "SIGINT")
    })
}

/** Runs the arguments of this process, and ends it. */
export const main = async (args: ReadonlyArray<string>, version: string): Promise<void> => {
  // `effect-julep agents list | head`: the reader has what it wants.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1))
  const layer = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, NodeTerminal.layer, Layer.succeed(Stdio, streams))
  const code = await Effect.runPromise(Effect.provide(run(args, version), layer))
  // Connections that are kept open would delay the end.
  process.exit(code)
}
