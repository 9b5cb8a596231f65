import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { ModelError } from "../../src/engine/ports/Model.js"
import { type AccumulatedChat, accumulateRun, Julep, type Run, type SessionId, tool } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Mode } from "../support/modes.js"
import { strictFaults } from "../support/strictEndpoint.js"
import { historyOf, lastRequest, requests, scene, turnsOf } from "../support/turns.js"

const asks = (...ids: ReadonlyArray<string>) =>
  Scripted.toolCalls(ids.map((id) => ({ id, name: "refund", arguments: "{}" })))

/** Tools whose one tool does something else for each call, and notes the calls that it finished. */
const refunding = (calls: { readonly [id: string]: Effect.Effect<unknown, string> }) => {
  const done: Array<string> = []
  const refund = tool({
    execute: (_, { id }) =>
      Effect.zipRight(
        calls[id] ?? Effect.void,
        Effect.sync(() => {
          done.push(id)
          return `refunded ${id}`
        })
      )
  })
  return { done, tools: { refund } }
}

/** The calls that a run waits for. */
const callsOf = (run: Run | Run<AccumulatedChat>) => (run.status === "suspended" ? run.calls : [])

const closed = Effect.fail("closed")

/** The calls and the results of a history: each result with the id of its call. */
const resultsOf = (id: SessionId) =>
  Effect.flatMap(Julep, ({ sessions }) =>
    Effect.map(sessions.history(id), (messages) =>
      messages.flatMap(({ content, role, tool_call_id }) => (role === "function" ? [[tool_call_id, content]] : []))
    )
  )

const sentResults = Effect.map(lastRequest, (request) =>
  turnsOf(request).flatMap((message) => (message.role === "tool" ? [message.content] : []))
)

const noFaults = Effect.map(lastRequest, (request) => expect(strictFaults(request)).toEqual([]))

const conflict = (code: string) => ({ _tag: "Conflict", code })

/** What a run has finished before it ends without an answer: it is kept, and nothing of it runs twice. */
export const runResults = (mode: Mode) =>
  describe("the results of a run that fails", () => {
    it.effect.each(["run", "runStream"] as const)(
      "%s: a tool that fails lets the others finish, and resume runs only what has no result",
      (method) =>
        Effect.gen(function* () {
          const { julep, session } = yield* scene()
          const running = yield* Deferred.make<void>()
          const failed = yield* Deferred.make<void>()
          const first = refunding({
            a: Effect.zipRight(Deferred.await(running), Effect.ensuring(closed, Deferred.succeed(failed, undefined))),
            // It is running while the other fails, and ends after it.
            b: Effect.zipRight(Deferred.succeed(running, undefined), Deferred.await(failed))
          })
          const run =
            method === "run"
              ? Effect.asVoid(julep.sessions.run(session.id, "Refund.", { tools: first.tools }))
              : Stream.runDrain(julep.sessions.runStream(session.id, "Refund.", { tools: first.tools }))
          expect(yield* Effect.flip(run)).toBe("closed")
          expect(first.done).toEqual(["b"])
          expect(yield* requests).toHaveLength(1)
          expect(yield* resultsOf(session.id)).toEqual([["b", "refunded b"]])

          const second = refunding({})
          const resumed = yield* julep.sessions.resume(session.id, { tools: second.tools })
          expect(resumed).toMatchObject({
            text: "Done.",
            resumed: [{ content: "refunded a" }, { content: "refunded b" }]
          })
          expect(second.done).toEqual(["a"])
          expect(yield* sentResults).toEqual(["refunded a", "refunded b"])
          expect(yield* resultsOf(session.id)).toEqual([
            ["b", "refunded b"],
            ["a", "refunded a"]
          ])
          yield* noFaults
        }).pipe(Effect.provide(mode([asks("a", "b"), Scripted.reply("Done.")])))
    )

    it.effect("no call begins after a failure", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const first = refunding({ b: closed })
        const run = julep.sessions.run(session.id, "Refund.", { tools: first.tools, concurrency: 1 })
        expect(yield* Effect.flip(run)).toBe("closed")
        expect(first.done).toEqual(["a"])
        const second = refunding({})
        yield* julep.sessions.resume(session.id, { tools: second.tools })
        expect(second.done.toSorted()).toEqual(["b", "c"])
        yield* noFaults
      }).pipe(Effect.provide(mode([asks("a", "b", "c"), Scripted.reply("Done.")])))
    )

    it.effect.each(["resume", "resumeStream"] as const)("%s keeps them, too, and may be repeated as it was", (method) =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const options = <Tools extends ReturnType<typeof refunding>["tools"]>(tools: Tools) => ({ tools, decisions })
        const suspended = yield* julep.sessions.run(session.id, "Refund.", {
          tools: refunding({}).tools,
          approve: () => Effect.succeed("suspend" as const)
        })
        const calls = callsOf(suspended)
        const decisions = Object.fromEntries(calls.map(({ message_id }) => [message_id, "allow" as const]))
        const first = refunding({ b: closed })
        const resume =
          method === "resume"
            ? Effect.asVoid(julep.sessions.resume(session.id, options(first.tools)))
            : Stream.runDrain(julep.sessions.resumeStream(session.id, options(first.tools)))
        expect(yield* Effect.flip(resume)).toBe("closed")
        expect(first.done).toEqual(["a"])
        const second = refunding({})
        expect((yield* julep.sessions.resume(session.id, options(second.tools))).text).toBe("Done.")
        expect(second.done).toEqual(["b"])
        expect(yield* sentResults).toEqual(["refunded a", "refunded b"])
        yield* noFaults
      }).pipe(Effect.provide(mode([asks("a", "b"), Scripted.reply("Done.")])))
    )

    it.effect("an interruption keeps what had finished and interrupts the rest", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const interrupted = yield* Deferred.make<void>()
        const finished = yield* Deferred.make<void>()
        const first = refunding({
          b: Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
        })
        const events = Stream.tap(
          julep.sessions.runStream(session.id, "Refund.", { tools: first.tools }),
          ({ type }) => (type === "tool_result" ? Deferred.succeed(finished, undefined) : Effect.void)
        )
        const fiber = yield* Effect.fork(Stream.runDrain(events))
        yield* Deferred.await(finished)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(interrupted)
        expect(yield* resultsOf(session.id)).toEqual([["a", "refunded a"]])
        const second = refunding({})
        yield* julep.sessions.resume(session.id, { tools: second.tools })
        expect(second.done).toEqual(["b"])
        expect(yield* sentResults).toEqual(["refunded a", "refunded b"])
      }).pipe(Effect.provide(mode([asks("a", "b"), Scripted.reply("Done.")])))
    )

    it.effect("a reader that takes no further events keeps what had finished", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { tools } = refunding({ b: Effect.never })
        yield* julep.sessions.runStream(session.id, "Refund.", { tools }).pipe(
          Stream.takeUntil(({ type }) => type === "tool_result"),
          Stream.runDrain
        )
        expect(yield* resultsOf(session.id)).toEqual([["a", "refunded a"]])
      }).pipe(Effect.provide(mode([asks("a", "b")])))
    )

    it.effect("an interrupted resume stores what had finished, and keeps the claim of what may have run", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* Effect.flip(
          julep.sessions.run(session.id, "Refund.", { tools: refunding({ a: closed }).tools, concurrency: 1 })
        )
        const finished = yield* Deferred.make<void>()
        const events = Stream.tap(
          julep.sessions.resumeStream(session.id, { tools: refunding({ b: Effect.never }).tools }),
          ({ type }) => (type === "tool_result" ? Deferred.succeed(finished, undefined) : Effect.void)
        )
        const fiber = yield* Effect.fork(Stream.runDrain(events))
        yield* Deferred.await(finished)
        yield* Fiber.interrupt(fiber)
        expect(yield* resultsOf(session.id)).toEqual([["a", "refunded a"]])
        const { done, tools } = refunding({})
        expect(yield* Effect.flip(julep.sessions.resume(session.id, { tools }))).toMatchObject(conflict("CALL_CLAIMED"))
        yield* julep.sessions.resume(session.id, { tools, takeOverAfter: 0 })
        expect(done).toEqual(["b"])
      }).pipe(Effect.provide(mode([asks("a", "b"), Scripted.reply("Done.")])))
    )

    it.effect.each(["run", "runStream"] as const)(
      "%s: an interruption while the model replies ends at once",
      (method) =>
        Effect.gen(function* () {
          const { julep, session } = yield* scene()
          const { done, tools } = refunding({})
          const run =
            method === "run"
              ? Effect.asVoid(julep.sessions.run(session.id, "Refund.", { tools }))
              : Stream.runDrain(julep.sessions.runStream(session.id, "Refund.", { tools }))
          const fiber = yield* Effect.fork(run)
          yield* Effect.repeat(Effect.yieldNow(), { until: () => Effect.map(requests, ({ length }) => length === 2) })
          yield* Fiber.interrupt(fiber)
          expect(yield* resultsOf(session.id)).toEqual([["a", "refunded a"]])
          yield* julep.sessions.resume(session.id, { tools })
          expect(done).toEqual(["a"])
        }).pipe(Effect.provide(mode([asks("a"), Scripted.never, Scripted.reply("Done.")])))
    )

    it.effect("a run that is repeated under its key runs only what has no result", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const keyed = Julep.withOptions({ idempotencyKey: "k" })
        const first = refunding({ b: closed })
        yield* Effect.flip(keyed(julep.sessions.run(session.id, "Refund.", { tools: first.tools })))
        const second = refunding({})
        expect((yield* keyed(julep.sessions.run(session.id, "Refund.", { tools: second.tools }))).text).toBe("Done.")
        expect([first.done, second.done]).toEqual([["a"], ["b"]])
        expect(yield* sentResults).toEqual(["refunded a", "refunded b"])
        expect(yield* resultsOf(session.id)).toHaveLength(2)
      }).pipe(Effect.provide(mode([asks("a", "b"), Scripted.reply("Done.")])))
    )

    it.effect("a chat with all results, in the order of the calls, stores none twice", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const begun = yield* Deferred.make<void>()
        const { tools } = refunding({
          a: Effect.zipRight(Deferred.await(begun), closed),
          b: Deferred.succeed(begun, undefined)
        })
        yield* Effect.flip(julep.sessions.run(session.id, "Refund.", { tools }))
        expect(yield* resultsOf(session.id)).toEqual([["b", "refunded b"]])
        const messages = ["a", "b"].map(
          (id) => ({ role: "function", name: "refund", tool_call_id: id, content: `refunded ${id}` }) as const
        )
        yield* julep.sessions.chat(session.id, { messages })
        expect(yield* sentResults).toEqual(["refunded a", "refunded b"])
        expect(yield* resultsOf(session.id)).toHaveLength(2)
        yield* noFaults
      }).pipe(Effect.provide(mode([asks("a", "b"), Scripted.reply("Done.")])))
    )

    it.effect("results whose chat failed are stored once", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { done, tools } = refunding({})
        expect(yield* Effect.flip(julep.sessions.run(session.id, "Refund.", { tools }))).toMatchObject({
          _tag: "ServerError"
        })
        expect(yield* resultsOf(session.id)).toHaveLength(2)
        yield* julep.sessions.resume(session.id, { tools })
        expect(done).toHaveLength(2)
        expect(yield* resultsOf(session.id)).toHaveLength(2)
      }).pipe(
        Effect.provide(
          mode([
            asks("a", "b"),
            Scripted.fail(new ModelError({ reason: "unavailable", message: "down" })),
            Scripted.reply("Done.")
          ])
        )
      )
    )

    it.effect("a run that is not recorded stores nothing, also where history has the same calls", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const input = { messages: [{ role: "user", content: "Refund." }] } as const
        yield* julep.sessions.chat(session.id, input)
        const before = yield* historyOf(session.id)
        const { done, tools } = refunding({ b: closed })
        const run = julep.sessions.runStream(session.id, { ...input, record: false }, { tools })
        expect(yield* Effect.flip(Stream.runDrain(run))).toBe("closed")
        expect(done).toEqual(["a"])
        expect(yield* historyOf(session.id)).toEqual(before)
      }).pipe(Effect.provide(mode(() => asks("a", "b"))))
    )
  })

/** Calls that only the program suspended: history says so, in any process. */
export const runSuspended = (mode: Mode) =>
  describe("a call that approve suspended", () => {
    const approving = (approval: "allow" | "suspend") => () => Effect.succeed(approval)

    it.effect.each(["run", "runStream"] as const)(
      "%s: stays suspended without approve, and without its tool",
      (method) =>
        Effect.gen(function* () {
          const { julep, session } = yield* scene()
          const { done, tools } = refunding({})
          const options = { tools, approve: approving("suspend") }
          const run =
            method === "run"
              ? Effect.map(julep.sessions.run(session.id, "Refund.", options), callsOf)
              : Effect.map(accumulateRun(julep.sessions.runStream(session.id, "Refund.", options)), callsOf)
          const calls = yield* run
          expect(calls).toHaveLength(2)
          expect((yield* julep.sessions.history(session.id)).map(({ suspended }) => suspended)).toEqual([
            undefined,
            true,
            true
          ])
          expect(yield* julep.sessions.resume(session.id, { tools })).toMatchObject({ status: "suspended", calls })
          expect(yield* julep.sessions.resume(session.id, { tools: {} })).toMatchObject({ status: "suspended", calls })
          const undecided = { tools, approve: () => Effect.succeed(undefined) }
          expect(yield* julep.sessions.resume(session.id, undecided)).toMatchObject({ status: "suspended", calls })
          expect(done).toEqual([])
          const decisions = Object.fromEntries(calls.map(({ message_id }) => [message_id, "allow" as const]))
          expect((yield* julep.sessions.resume(session.id, { tools, decisions })).text).toBe("Done.")
          expect(done.toSorted()).toEqual(["a", "b"])
        }).pipe(Effect.provide(mode([asks("a", "b"), Scripted.reply("Done.")])))
    )

    it.effect("runs where approve allows it", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { done, tools } = refunding({})
        yield* julep.sessions.run(session.id, "Refund.", { tools, approve: approving("suspend") })
        const run = yield* julep.sessions.resume(session.id, { tools, approve: approving("allow") })
        expect([run.status, done]).toEqual(["completed", ["a"]])
      }).pipe(Effect.provide(mode([asks("a"), Scripted.reply("Done.")])))
    )
  })

/** What `resume` says where no call is open. */
export const resumeNothing = (mode: Mode) =>
  describe("resume after a streamed reply that broke off", () => {
    it.effect("says so, and what to do", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { tools } = refunding({})
        yield* Effect.flip(accumulateRun(julep.sessions.runStream(session.id, "Refund.", { tools })))
        expect((yield* historyOf(session.id)).at(-1)).toEqual(["assistant", "It is "])
        expect(yield* Effect.flip(julep.sessions.resume(session.id, { tools }))).toMatchObject({
          ...conflict("REPLY_ABORTED"),
          message: expect.stringContaining("Chat again")
        })
      }).pipe(
        Effect.provide(
          mode([
            asks("a"),
            Scripted.pieces(["It is "], Scripted.fail(new ModelError({ reason: "unavailable", message: "down" })))
          ])
        )
      )
    )
  })
