/** The jobs that embed messages and memories, on a real store. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { JobHandlers } from "../../../src/engine/jobs/JobHandlers.js"
import { JobRunner } from "../../../src/engine/jobs/JobRunner.js"
import * as Reindex from "../../../src/engine/jobs/Reindex.js"
import { Embedder } from "../../../src/engine/ports/Embedder.js"
import { Ids } from "../../../src/engine/ports/Ids.js"
import { ModelError } from "../../../src/engine/ports/Model.js"
import { Storage } from "../../../src/engine/ports/Storage.js"
import * as Export from "../../../src/engine/usecases/admin/Export.js"
import * as Import from "../../../src/engine/usecases/admin/Import.js"
import { JobQueue } from "../../../src/engine/usecases/JobQueue.js"
import * as EmbedJobs from "../../../src/engine/usecases/recall/EmbedJobs.js"
import * as EmbedMessages from "../../../src/engine/usecases/recall/EmbedMessages.js"
import * as EmbedQueue from "../../../src/engine/usecases/recall/EmbedQueue.js"
import * as VectorSpace from "../../../src/engine/usecases/recall/VectorSpace.js"
import { agentRow, alice, entryRow, memoryRow, sessionRow, storeOn, userRow } from "../storage/support/store.js"

type Embed = Embedder.Service["embed"]

const vectorsOf: Embed = (texts) => Effect.succeed(texts.map((text) => Float32Array.of(1, text.length)))

const engineOn = (embedder: Option.Option<Embedder.Service>) =>
  JobRunner.layerWith({ embeds: Option.isSome(embedder), waits: false }).pipe(
    Layer.provideMerge(Layer.provide(JobHandlers.layerIndexing, Layer.succeed(Embedder, embedder))),
    Layer.provideMerge(JobQueue.layer),
    Layer.provideMerge(Ids.layer),
    Layer.provideMerge(storeOn())
  )

const embedding = (embed: Embed, name = "m") => engineOn(Option.some({ name, dimensions: 2, embed }))

const drain = Effect.flatMap(JobRunner, ({ drain }) => drain)
const add = (...work: Parameters<JobQueue.Service["add"]>) => Effect.flatMap(JobQueue, (queue) => queue.add(...work))
const outcomeOf = (id: string) =>
  Effect.flatMap(Storage, ({ jobs }) => Effect.map(jobs.get(alice, id), Option.getOrThrow))

/** A session of an agent with a user, in which texts were said, and a memory of the user. */
const scene = (...texts: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const store = yield* Storage
    const [agent, user] = [agentRow(), userRow()]
    const session = sessionRow({ agent_id: agent.id, user_id: user.id })
    yield* store.agents.insert(alice, agent)
    yield* store.users.insert(alice, user)
    yield* store.sessions.insert(alice, session)
    const say = (...contents: ReadonlyArray<string>) =>
      store.entries.append(
        alice,
        session.id,
        contents.map((content) => entryRow({ content }))
      )
    yield* say(...texts)
    yield* store.memories.remember(alice, memoryRow({ agent_id: agent.id, user_id: user.id, content: "a memory" }))
    /** How many turns and how many memories have vectors. */
    const embedded = Effect.gen(function* () {
      const question = Float32Array.of(1, 0)
      const turns = yield* store.turnVectors.similarities(alice, session.id, question, 1000, [])
      const memories = yield* store.memoryVectors.similarities(alice, agent.id, user.id, question, 1000)
      return [turns.rowIds.length, memories.rowIds.length]
    })
    return { store, agent, user, session, say, embedded, job: EmbedJobs.ofSession(session.id) }
  })

describe("the jobs of messages and memories", () => {
  it.effect("embed what a session has, a few requests for many messages, and later what is new", () => {
    const requests: Array<ReadonlyArray<string>> = []
    const embed: Embed = (texts) => {
      requests.push(texts)
      return vectorsOf(texts)
    }
    return Effect.gen(function* () {
      const texts = Array.from({ length: 250 }, (_, index) => `text ${index}`)
      const { embedded, job, say } = yield* scene(...texts)
      const id = yield* add(alice, job)
      yield* drain
      expect(yield* embedded).toEqual([250, 1])
      expect(requests.length).toBeLessThanOrEqual(10)
      expect(yield* outcomeOf(id)).toMatchObject({ state: "succeeded", reason: "251 texts were embedded" })
      yield* say(`😀${"x".repeat(7000)}`, "text 7")
      requests.length = 0
      yield* add(alice, job)
      yield* drain
      expect(requests.flat().map(({ length }) => length)).toEqual([6000, 6])
      expect(yield* embedded).toEqual([252, 1])
    }).pipe(Effect.provide(embedding(embed)))
  })

  it.effect("of a busy session: one waits while another runs, and embeds everything that was said meanwhile", () =>
    Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      const asked = yield* Deferred.make<void>()
      const embed: Embed = (texts) =>
        Deferred.succeed(asked, undefined).pipe(Effect.zipRight(Deferred.await(go)), Effect.zipRight(vectorsOf(texts)))
      yield* Effect.gen(function* () {
        const { embedded, job, say } = yield* scene("one")
        const first = yield* add(alice, job)
        yield* Deferred.await(asked)
        const waiting = yield* add(alice, job)
        yield* say("two")
        expect(waiting).not.toBe(first)
        expect(yield* add(alice, job)).toBe(waiting)
        yield* say("three")
        expect(yield* add(alice, job)).toBe(waiting)
        yield* Deferred.succeed(go, undefined)
        yield* drain
        expect(yield* embedded).toEqual([3, 1])
      }).pipe(Effect.provide(embedding(embed)))
    })
  )

  it.effect("leave out what the embedder refuses, with the reason, and do not ask for it again", () => {
    const requests: Array<string> = []
    const refuses: Embed = (texts) => {
      requests.push(...texts)
      return texts.some((text) => text.startsWith("b"))
        ? Effect.fail(new ModelError({ reason: "invalid_request", message: "a bad text" }))
        : vectorsOf(texts)
    }
    return Effect.gen(function* () {
      const { embedded, job, say } = yield* scene("good", "bad words", " ", "fine")
      const id = yield* add(alice, job)
      yield* drain
      expect(yield* embedded).toEqual([2, 1])
      expect(yield* outcomeOf(id)).toMatchObject({ state: "succeeded", reason: expect.stringContaining("a bad text") })
      requests.length = 0
      yield* say("more")
      yield* add(alice, job)
      yield* drain
      expect(requests).toEqual(["more"])
      expect(yield* embedded).toEqual([3, 1])
    }).pipe(Effect.provide(embedding(refuses)))
  })

  it.effect("end where the messages of a full batch were changed meanwhile: those have jobs of their own", () =>
    Effect.gen(function* () {
      const { session, store } = yield* scene(...Array.from({ length: 96 }, (_, index) => `text ${index}`))
      let written = 0
      const put: typeof store.turnVectors.put = () =>
        ++written > 3 ? Effect.dieMessage("it goes on for ever") : Effect.void
      const unchanging = { ...store, turnVectors: { ...store.turnVectors, put } }
      const service = { name: "m", dimensions: 2, embed: vectorsOf }
      const storing = VectorSpace.storeOf(unchanging, service, Effect.succeed(undefined))
      const said = EmbedMessages.make(unchanging, service, yield* EmbedQueue.make(service, 1), storing)
      yield* said.embedSession(alice, session.id)
      expect(written).toBe(1)
    }).pipe(Effect.scoped, Effect.provide(storeOn()))
  )

  it.effect("of memories alone embed those of an agent and a user", () =>
    Effect.gen(function* () {
      const { agent, embedded, user } = yield* scene("one")
      yield* add(alice, EmbedJobs.ofMemories(agent.id, user.id))
      yield* drain
      expect(yield* embedded).toEqual([0, 1])
    }).pipe(Effect.provide(embedding(vectorsOf)))
  )

  it.effect("succeed where there is no embedder, or no session any more", () =>
    Effect.gen(function* () {
      const { embedded, job, session, store } = yield* scene("one")
      const id = yield* add(alice, job)
      yield* drain
      expect(yield* outcomeOf(id)).toMatchObject({ state: "succeeded", reason: "There is no embedder" })
      expect(yield* embedded).toEqual([0, 0])
      yield* store.sessions.remove(alice, session.id)
      const gone = yield* add(alice, job)
      yield* drain
      expect(yield* outcomeOf(gone)).toMatchObject({ state: "succeeded" })
    }).pipe(Effect.provide(engineOn(Option.none())))
  )

  it.effect("are left by reindexing, for everything that was said and is remembered", () =>
    Effect.gen(function* () {
      const { embedded, job, store } = yield* scene("one", "two")
      yield* add(alice, job)
      yield* drain
      expect(yield* embedded).toEqual([2, 1])
      expect(yield* Effect.flatten(Reindex.make)).toBe(0)
      expect(yield* embedded).toEqual([0, 0])
      expect(yield* store.vectors.space(alice)).toEqual(Option.none())
      yield* drain
      expect(yield* embedded).toEqual([2, 1])
    }).pipe(Effect.provide(embedding(vectorsOf)))
  )

  it.effect("are left by an import, for each session and the memories of each user", () =>
    Effect.gen(function* () {
      const { agent, session, user, lines } = yield* Effect.gen(function* () {
        const { agent, session, user } = yield* scene("one", "two")
        const exportAll = yield* Export.make
        return { agent, session, user, lines: yield* Stream.runCollect(exportAll()) }
      }).pipe(Effect.provide(storeOn()))
      yield* Effect.gen(function* () {
        const importAll = yield* Import.make
        yield* importAll(Stream.make(new TextEncoder().encode([...lines].join(""))))
        yield* drain
        const { memoryVectors, turnVectors } = yield* Storage
        const question = Float32Array.of(1, 0)
        expect((yield* turnVectors.similarities(alice, session.id, question, 10, [])).rowIds).toHaveLength(2)
        expect((yield* memoryVectors.similarities(alice, agent.id, user.id, question, 10)).rowIds).toHaveLength(1)
      }).pipe(Effect.provide(embedding(vectorsOf)))
    })
  )
})
