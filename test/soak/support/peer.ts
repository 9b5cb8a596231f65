// A process of several that chat in the same sessions of one PostgreSQL database, until it ends, and report each turn that
// was acknowledged: peer.ts <url> <seed> <session>... In each session it takes one turn after the other. All processes
// repeat the keyed ones.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { Julep } from "../../../src/index.js"
import { SessionId } from "../../../src/schema/Session.js"
import { says } from "../../support/turns.js"
import { engine, failureOf, type Line, noteOf } from "./notes.js"
import { say } from "./say.js"

const [url = "", seed = "0", ...sessions] = process.argv.slice(2)
const delays = FastCheck.sample(FastCheck.nat({ max: 20 }), { numRuns: 500, seed: Number(seed) })
const report = (line: Line) => say(JSON.stringify(line))

/** What a turn does: every third is keyed, every third streamed. */
const turn = Effect.fnUntraced(function* (session: SessionId, at: number, number: number) {
  const julep = yield* Julep
  const isKeyed = number % 3 === 0
  const note = isKeyed ? `key-${at}-${number}` : `${seed}-${at}-${number}`
  const input = { messages: [says(noteOf(note))] } as const
  const options = isKeyed ? { idempotencyKey: note } : {}
  const ids =
    number % 3 === 1
      ? Effect.as(Stream.runDrain(julep.sessions.chatStream(session, input)), [])
      : Effect.map(julep.sessions.chat(session, input), ({ response }) => response[0].map(({ id }) => String(id)))
  yield* Effect.match(Julep.withOptions({ retry: false, ...options })(ids), {
    onFailure: (error) => report({ _tag: "Failure", failure: failureOf(error) }),
    onSuccess: (ids) => report({ _tag: "Turn", session, note, ids })
  })
})

const converse = (session: string, at: number) =>
  Effect.iterate(0, {
    while: () => true,
    body: (number) => Effect.as(turn(SessionId.make(session), at, number), number + 1)
  })

const noted = (note: string) => report({ _tag: "Noted", note })

Effect.forEach(sessions, converse, { concurrency: "unbounded", discard: true }).pipe(
  Effect.provide(engine(url, { delay: (index) => delays[index % delays.length] ?? 0, noted })),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
