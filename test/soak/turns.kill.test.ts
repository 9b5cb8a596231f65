/** Random turns in a process that is killed at any point: its sessions are what the oracle says, and go on. */
import { expect, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { contentText } from "../../src/schema/Message.js"
import { SessionId } from "../../src/schema/Session.js"
import { strictFaults } from "../support/strictEndpoint.js"
import { type Attempt, type Question, type Row, TurnOracle } from "../support/turnOracle.js"
import { chat, historyOf, lastRequest, says } from "../support/turns.js"
import { start } from "./support/child.js"
import { faultsOf, temporaryFile } from "./support/database.js"

/** The steps before a kill, about three for a turn; SOAK is how many turns there are in all. */
const STEPS = 150
const SOAK = Number(process.env["SOAK"] ?? STEPS / 3)
const SEED = Number(process.env["SEED"] ?? Date.now() % 100_000)
const kills = Array.from({ length: Math.ceil((3 * SOAK) / STEPS) }, (_, round) => ({
  seed: SEED + round,
  after: 1 + ((round * 37 + SEED) % (2 * STEPS))
}))

interface Ask {
  readonly question: Question
  readonly streamed: boolean
}

/** A line of the process. */
interface Line {
  readonly session: string
  readonly ask?: Ask
  readonly call?: Attempt
  readonly ended?: number
  readonly clear?: "begun" | "done"
}

const silent = Logger.replace(Logger.defaultLogger, Logger.none)

/** Every line that a process has written when it is killed after some of them. */
const linesUntilKilled = (file: string, seed: number, after: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const child = yield* start("storm", file, String(seed))
      const count = yield* Ref.make(0)
      const counted = Stream.tap(child.lines, () =>
        Effect.flatMap(
          Ref.updateAndGet(count, (before) => before + 1),
          (lines) => (lines === after ? Effect.asVoid(child.end("SIGKILL")) : Effect.void)
        )
      )
      const lines = yield* Stream.runCollect(counted)
      return [...lines].map((line): Line => JSON.parse(line))
    })
  )

const shown = (rows: ReadonlyArray<Row>) =>
  rows.map(({ aborted, refused, role, text }) => ({ role, text, refused, aborted }))

/** What a session may be after its lines: the last step has begun, and may have ended. */
const statesAfter = (lines: ReadonlyArray<Line>) => {
  const oracle = new TurnOracle()
  let running: Ask | undefined
  let call: Attempt | undefined
  let isClearing = false
  for (const line of lines) {
    if (line.ask !== undefined) running = line.ask
    if (line.call !== undefined) {
      call = line.call
      oracle.begin(call.question)
    }
    if (line.clear !== undefined) isClearing = line.clear === "begun"
    if (line.clear === "done") oracle.rows = []
    if (line.ended === undefined) continue
    if (call !== undefined) oracle.end(call)
    running = undefined
    call = undefined
  }
  const states = [oracle.rows]
  const next = (change: (oracle: TurnOracle) => void) => {
    const changed = oracle.copy()
    change(changed)
    states.push(changed.rows)
  }
  const ended = call
  if (ended !== undefined) next((changed) => changed.end(ended))
  else if (running !== undefined) {
    const { question } = running
    if (oracle.keptReply(question) === undefined) next((changed) => changed.begin(question))
  }
  if (isClearing) states.push([])
  return { states, running }
}

it.scopedLive(
  `kill -9 at any point of ${SOAK} random turns (SOAK=n, SEED=${SEED}): history is whole, and the last turn is tried again`,
  () =>
    Effect.forEach(
      kills,
      ({ after, seed }) =>
        Effect.gen(function* () {
          const file = yield* temporaryFile
          const lines = yield* linesUntilKilled(file, seed, after)
          expect(lines.length).toBeGreaterThanOrEqual(after)
          expect(yield* faultsOf(file)).toEqual([])
          const model = Scripted.layer(() => Scripted.reply("here"))
          yield* Effect.forEach(
            Object.entries(Arr.groupBy(lines, ({ session }) => session)),
            ([session, ofSession]) => goesOn(SessionId.make(session), ofSession),
            { discard: true }
          ).pipe(Effect.provide([Embedded.layer({ storage: { file }, model }), model]), Effect.provide(silent))
          expect(yield* faultsOf(file)).toEqual([])
        }),
      { discard: true }
    ),
  600_000
)

/** The session is in one of its states, answers the turn that was killed, in its row, and any other. */
const goesOn = Effect.fnUntraced(function* (id: SessionId, lines: ReadonlyArray<Line>) {
  const { sessions } = yield* Julep
  const { running, states } = statesAfter(lines)
  const stored = Effect.map(Stream.runCollect(sessions.historyAll(id)), (messages) =>
    Chunk.toReadonlyArray(messages).map(({ aborted, content, refused, role }) => ({
      role,
      text: contentText(content),
      refused,
      aborted
    }))
  )
  const history = yield* stored
  const rows = states.find((state) => JSON.stringify(shown(state)) === JSON.stringify(history))
  if (rows === undefined) return expect(states.map(shown)).toContainEqual(history)
  const oracle = new TurnOracle()
  oracle.rows = rows
  if (running !== undefined) {
    const { question, streamed } = running
    const input = { messages: [says(question.text)], seed: question.number } as const
    const again = streamed ? Stream.runDrain(sessions.chatStream(id, input)) : sessions.chat(id, input)
    yield* Julep.withOptions(question.key === undefined ? {} : { idempotencyKey: question.key })(again)
    if (oracle.keptReply(question) === undefined) {
      oracle.begin(question)
      oracle.end({ question, streamed, outcome: "reply", text: "here" })
    }
    expect(yield* stored).toEqual(shown(oracle.rows))
  }
  yield* chat(id, "And now?")
  expect(strictFaults(yield* lastRequest)).toEqual([])
  expect((yield* historyOf(id)).slice(-2)).toEqual([
    ["user", "And now?"],
    ["assistant", "here"]
  ])
})
