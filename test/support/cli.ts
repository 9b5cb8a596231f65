/** Runs command lines in this process, with the streams and the environment of the test. */
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Stdio } from "../../src/cli/output.js"
import { run } from "../../src/cli/run.js"

/** What a command line printed, and its exit code. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** The bytes of the input as they come. Default: `input`. */
  readonly bytes?: Stdio.Service["input"]
  readonly columns?: number
  readonly errorIsTerminal?: boolean
  readonly signal?: Stdio.Service["signal"]
  /** What somebody answers in a terminal, one after the other; then the input ends. */
  readonly answers?: ReadonlyArray<Stdio.Answer | string>
  readonly interrupt?: Stdio.Service["interrupt"]
  /** Is called with each text that is written. */
  readonly onWrite?: (text: string) => void
}

/** Splits a command line at spaces. Words with spaces stand in single quotes. */
const words = (line: string): ReadonlyArray<string> =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "")

/** Runs a command line, without the name of the program. */
export const cli = (
  line: string | ReadonlyArray<string>,
  {
    answers,
    bytes,
    columns,
    env = {},
    errorIsTerminal = false,
    input = "",
    interrupt = Effect.never,
    onWrite,
    signal = Effect.never
  }: Surroundings = {}
): Effect.Effect<Ran> => {
  const out: Array<string> = []
  const err: Array<string> = []
  const left = [...(answers ?? [])]
  const answer = (): Stdio.Answer => {
    const next = left.shift()
    return next === undefined ? { _tag: "End" } : typeof next === "string" ? { _tag: "Text", text: next } : next
  }
  const streams: Stdio.Service = {
    write: (text) =>
      Effect.sync(() => {
        out.push(text)
        onWrite?.(text)
      }),
    writeError: (text) => Effect.sync(() => void err.push(text)),
    read: Effect.succeed(input),
    columns,
    errorIsTerminal,
    inputIsTerminal: answers !== undefined,
    colors: false,
    signal,
    interrupt,
    input: bytes ?? Stream.encodeText(Stream.make(input)),
    ask: () => Effect.sync(answer)
  }
  return run(typeof line === "string" ? words(line) : line, "1.2.3").pipe(
    Effect.map((code) => ({ code, out: out.join(""), err: err.join("") })),
    Effect.provide(
      Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, NodeTerminal.layer, Layer.succeed(Stdio, streams))
    ),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env))))
  )
}

/** A server that gives every request one answer, until the scope closes. Returns its origin. */
export const answering = (answer: (request: http.IncomingMessage, response: http.ServerResponse) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<http.Server>((resume) => {
        const server = http.createServer(answer).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    ),
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  )
