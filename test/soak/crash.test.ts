/** A process that is killed at any point leaves a file that opens, with everything that it had acknowledged. */
import { describe, expect, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { Embedded } from "../../src/embedded.js"
import { Storage } from "../../src/engine/ports/Storage.js"
import { passagesOfContent } from "../../src/engine/text/Passages.js"
import { AgentId, JobId, Julep, tool } from "../../src/index.js"
import * as EngineStorage from "../../src/layers/EngineStorage.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { SessionId } from "../../src/schema/Session.js"
import { strictFaults } from "../support/strictEndpoint.js"
import { chat, historyOf, lastRequest } from "../support/turns.js"
import { start } from "./support/child.js"
import { faultsOf, temporaryFile } from "./support/database.js"
import { longContent } from "./support/longContent.js"

/** How many chats are acknowledged before a kill, in each round; SOAK is how many there are in all. */
const TURNS = 40
const SOAK = Number(process.env["SOAK"] ?? 2 * TURNS)
const rounds = Array.from({ length: Math.ceil(SOAK / TURNS) }, (_, round) => 1 + ((round * 37 + 23) % (2 * TURNS)))

interface Acknowledged {
  readonly session: string
  readonly agent: string
  /** The message of the user, if it was not a result of a tool. */
  readonly content: string
  /** The messages of the reply; unknown of a streamed one. */
  readonly ids: ReadonlyArray<string>
}

const silent = Logger.replace(Logger.defaultLogger, Logger.none)

/** Chats until a number of them is acknowledged, and is killed during the others. */
const killedAfter = (file: string, turns: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const child = yield* start("chatter", file)
      const first = yield* Stream.runCollect(Stream.take(child.lines, turns))
      yield* child.end("SIGKILL")
      return Chunk.toReadonlyArray(first).map((line): Acknowledged => JSON.parse(line))
    })
  )

/** The file in this process, with a model that says one thing. */
const reopened = (file: string, says = "here") => {
  const model = Scripted.layer(() => Scripted.reply(says), { instructable: says !== "here" })
  return <A, E>(effect: Effect.Effect<A, E, Julep | Julep.Managers | Scripted.Scripted>) =>
    effect.pipe(Effect.provide([Embedded.layer({ storage: { file }, model }), model]), Effect.provide(silent))
}

describe("kill -9 during a request to the model", () => {
  it.scopedLive("the user's message is stored, and the session goes on, streamed or not", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const child = yield* start("silentModel", file)
      const [sessions = "", ...reported] = yield* Stream.runCollect(Stream.take(child.lines, 3))
      yield* child.end("SIGKILL")
      expect(reported).toEqual(["request", "request"])
      expect(yield* faultsOf(file)).toEqual([])
      yield* Effect.forEach(sessions.split(" "), (session) =>
        Effect.gen(function* () {
          const id = SessionId.make(session)
          expect(yield* historyOf(id)).toEqual([["user", "Are you there?"]])
          yield* chat(id, "And now?")
          expect(strictFaults(yield* lastRequest)).toEqual([])
          expect((yield* historyOf(id)).map(([role]) => role)).toEqual(["user", "user", "assistant"])
        })
      ).pipe(reopened(file))
    })
  )
})

describe("kill -9 while a tool runs", () => {
  it.scopedLive("its call stays claimed, and runs again only where that is asked for", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const child = yield* start("claimer", file)
      const [ids = "", running] = yield* Stream.runCollect(Stream.take(child.lines, 2))
      yield* child.end("SIGKILL")
      expect(running).toBe("running")
      const [session = "", message = ""] = ids.split(" ")
      const id = SessionId.make(session)
      yield* Effect.gen(function* () {
        const { sessions } = yield* Julep
        const options = {
          tools: { refund: tool({ execute: () => Effect.succeed("refunded") }) },
          decisions: { [message]: "allow" }
        } as const
        expect(yield* Effect.flip(sessions.resume(id, options))).toMatchObject({ code: "CALL_CLAIMED" })
        const run = yield* sessions.resume(id, { ...options, takeOverAfter: 0 })
        expect(run).toMatchObject({ status: "completed", text: "here" })
        expect(strictFaults(yield* lastRequest)).toEqual([])
        expect((yield* historyOf(id)).map(([role]) => role)).toEqual(["user", "function_call", "function", "assistant"])
      }).pipe(reopened(file))
      expect(yield* faultsOf(file)).toEqual([])
    })
  )
})

describe("kill -9 while a job runs", () => {
  it.scopedLive("the job begins again when the file is opened, and ends well", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const child = yield* start("worker", file)
      const lines = yield* Stream.runCollect(Stream.take(child.lines, 2))
      yield* child.end("SIGKILL")
      expect([...lines]).toContain("begun")
      const [id]: ReadonlyArray<string> = JSON.parse([...lines].find((line) => line !== "begun") ?? "[]")
      yield* Effect.gen(function* () {
        const { jobs } = yield* Julep
        // Far less than the lease of the process that was killed.
        const ended = yield* jobs.await(JobId.make(id ?? ""), { timeout: "10 seconds" })
        expect(ended).toMatchObject({ state: "succeeded", progress: 100 })
      }).pipe(reopened(file, '{"memories": [{"content": "Sam keeps bees."}]}'))
      expect(yield* faultsOf(file)).toEqual([])
    })
  )
})

describe("kill -9 while a long doc is indexed", () => {
  it.scopedLive(
    "the index goes on where it stopped, and has each passage once",
    () =>
      Effect.gen(function* () {
        const file = yield* temporaryFile
        /** The first lines of a process that is killed after them. */
        const killedAfter = (lines: number, ...args: ReadonlyArray<string>) =>
          Effect.scoped(
            Effect.gen(function* () {
              const child = yield* start("indexer", file, ...args)
              const first = yield* Stream.runCollect(Stream.take(child.lines, lines))
              yield* child.end("SIGKILL")
              return Chunk.toReadonlyArray(first)
            })
          )
        const created: { readonly job: string; readonly doc: string } = JSON.parse((yield* killedAfter(1))[0] ?? "{}")
        const written = Effect.flatMap(Storage, ({ vectors }) =>
          vectors.passages("00000000-0000-0000-0000-000000000000", created.doc, 0, 100_000)
        ).pipe(Effect.provide(EngineStorage.choose({ file })), Effect.provide(silent))
        const whole = [...passagesOfContent(longContent)]
        let before = 0
        for (const lines of [2, 3]) {
          yield* killedAfter(lines, created.job)
          expect(yield* faultsOf(file)).toEqual([])
          const { length } = yield* written
          expect(length).toBeGreaterThan(before)
          expect(length).toBeLessThan(whole.length)
          before = length
        }
        yield* Effect.gen(function* () {
          const { jobs } = yield* Julep
          expect(yield* jobs.await(JobId.make(created.job))).toMatchObject({ state: "succeeded", progress: 100 })
        }).pipe(reopened(file))
        expect((yield* written).map(({ text }) => text)).toEqual(whole)
        expect(yield* faultsOf(file)).toEqual([])
      }),
    600_000
  )
})

describe(`kill -9 at any point of ${SOAK} chats (SOAK=n)`, () => {
  it.scopedLive(
    "every acknowledged turn is stored, nothing dangles, and every session goes on",
    () =>
      Effect.gen(function* () {
        const file = yield* temporaryFile
        const acknowledged: Array<Acknowledged> = []
        for (const turns of rounds) {
          const round = yield* killedAfter(file, turns)
          expect(round).toHaveLength(turns)
          acknowledged.push(...round)
          expect(yield* faultsOf(file)).toEqual([])
        }
        yield* Effect.gen(function* () {
          const { memories, sessions } = yield* Julep
          for (const [session, turns] of Object.entries(Arr.groupBy(acknowledged, ({ session }) => session))) {
            const id = SessionId.make(session)
            const history = yield* Stream.runCollect(sessions.historyAll(id))
            const found = new Set(Chunk.toReadonlyArray(history).map((message): string => message.id))
            expect(turns.flatMap(({ ids }) => ids).filter((each) => !found.has(each))).toEqual([])
            const users = (yield* historyOf(id)).flatMap(([role, text]) => (role === "user" ? [text] : []))
            const said = turns.flatMap(({ content }) => (content === "" ? [] : [content]))
            // The last turn was stored before the request to the model, but never acknowledged.
            expect(users.slice(0, said.length)).toEqual(said)
            const remembered = yield* Stream.runCollect(
              memories.listAll({ agent_id: AgentId.make(turns[0]?.agent ?? "") })
            )
            expect(Array.from(remembered, ({ content }) => content)).toEqual(expect.arrayContaining(said))
            yield* chat(id, "And now?")
            expect(strictFaults(yield* lastRequest)).toEqual([])
          }
        }).pipe(reopened(file))
        expect(yield* faultsOf(file)).toEqual([])
      }),
    600_000
  )
})
