/** The command line over the process that it runs in. */

import { text } from "node:stream/consumers"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { INTERRUPTED } from "./exitCodes.js"
import { Streams } from "./output.js"
import { run } from "./run.js"

/** Writes a text, and waits until the reader of a pipe has taken it. */
const writer = (stream: NodeJS.WriteStream) => (chunk: string) =>
  Effect.async<void>((resume) => {
    stream.write(chunk, () => resume(Effect.void))
  })

/** The first signal lets the command close what it opened. The second one ends the process. */
const signal = Effect.async<"SIGINT" | "SIGTERM">((resume) => {
  let seen = false
  const listen = (name: "SIGINT" | "SIGTERM") =>
    process.on(name, () => {
      if (seen) process.exit(INTERRUPTED[name])
      seen = true
      resume(Effect.succeed(name))
    })
  listen("SIGINT")
  listen("SIGTERM")
})

const streams: Streams.Service = {
  write: writer(process.stdout),
  writeError: writer(process.stderr),
  read: Effect.promise(() => text(process.stdin)),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  errorIsTerminal: process.stderr.isTTY === true,
  inputIsTerminal: process.stdin.isTTY === true,
  colors: process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "",
  signal
}

/** Runs the arguments of this process, and ends it. */
export const main = async (args: ReadonlyArray<string>, version: string): Promise<void> => {
  // `effect-julep agents list | head`: the reader has what it wants.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1))
  const layer = Layer.mergeAll(
    NodeFileSystem.layer,
    NodePath.layer,
    NodeTerminal.layer,
    Layer.succeed(Streams, streams)
  )
  const code = await Effect.runPromise(Effect.provide(run(args, version), layer))
  // Connections that are kept open would delay the end.
  process.exit(code)
}
