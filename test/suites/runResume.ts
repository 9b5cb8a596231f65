import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { ModelError } from "../../src/engine/ports/Model.js"
import {
  type Approval,
  accumulateRun,
  Julep,
  MessageId,
  messageText,
  type SessionId,
  type SuspendedCall,
  tool
} from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { ClaimToolCalls } from "../../src/schema/Claim.js"
import type { Mode } from "../support/modes.js"
import { strictFaults } from "../support/strictEndpoint.js"
import { chat, failure, historyOf, lastRequest, requests, says, scene, turnsOf, UNKNOWN_ID } from "../support/turns.js"

/** A tool that counts its runs. */
const counted = () => {
  const ran: Array<number> = []
  const refund = tool({
    input: { order: Schema.Int },
    needsApproval: ({ order }) => order > 1,
    execute: ({ order }) =>
      Effect.sync(() => {
        ran.push(order)
        return `refunded ${order}`
      })
  })
  return { ran, tools: { refund } }
}

const asks = (...orders: ReadonlyArray<number>) =>
  Scripted.toolCalls(orders.map((order) => ({ id: `c${order}`, name: "refund", arguments: JSON.stringify({ order }) })))

const refundTool = { name: "refund", parameters: { type: "object" } }

const script = [asks(1, 2), Scripted.reply("Done.")]

/** A session with a suspended run of two calls, the second of which needs a decision. */
const suspended = Effect.gen(function* () {
  const { julep, session } = yield* scene()
  const { ran, tools } = counted()
  const run = yield* julep.sessions.run(session.id, "Refund 1 and 2.", { tools })
  if (run.status !== "suspended") return yield* Effect.dieMessage("the run is not suspended")
  const [call] = run.calls
  if (call === undefined) return yield* Effect.dieMessage("no call is suspended")
  return { julep, id: session.id, ran, tools, run, call }
})

const decide = ({ message_id }: SuspendedCall, approval: Approval) => ({ [message_id]: approval })

const noFaults = Effect.map(lastRequest, (request) => expect(strictFaults(request)).toEqual([]))

const sentResults = Effect.map(lastRequest, (request) =>
  turnsOf(request).flatMap((message) => (message.role === "tool" ? [message.content] : []))
)

/** The ids of the messages that are calls. */
const callIds = (id: SessionId) =>
  Effect.flatMap(Julep, ({ sessions }) =>
    Effect.map(sessions.history(id), (messages) =>
      messages.flatMap((message) => (message.role === "function_call" ? [message.id] : []))
    )
  )

const conflict = (code: string) => ({ _tag: "Conflict", code })

/** Suspended runs, and how they go on: in another process, once, whatever happens meanwhile. */
export const runResume = (mode: Mode) =>
  describe("resume", () => {
    it.effect("a call that needs approval suspends the run before any tool runs, as plain JSON", () =>
      Effect.gen(function* () {
        const { call, id, ran, run } = yield* suspended
        expect(run).toMatchObject({ status: "suspended", text: "", rounds: [{ results: [] }] })
        expect(run.calls).toEqual([
          { id: "c2", name: "refund", arguments: { order: 2 }, message_id: (yield* callIds(id))[1] }
        ])
        expect(JSON.parse(JSON.stringify(run)).calls).toEqual([call])
        expect(ran).toEqual([])
      }).pipe(Effect.provide(mode(script)))
    )

    it.effect("goes on with what was decided: all calls of the reply run, and the model answers", () =>
      Effect.gen(function* () {
        const { call, id, julep, ran, tools } = yield* suspended
        const run = yield* julep.sessions.resume(id, { tools, decisions: decide(call, "allow") })
        expect(run).toMatchObject({ status: "completed", text: "Done." })
        expect(ran.toSorted()).toEqual([1, 2])
        expect(yield* sentResults).toEqual(["refunded 1", "refunded 2"])
        expect((yield* lastRequest).tools).toMatchObject([{ name: "refund" }])
        yield* noFaults
      }).pipe(Effect.provide(mode(script)))
    )

    it.effect("a refused call does not run, and the model reads why", () =>
      Effect.gen(function* () {
        const { call, id, julep, ran, tools } = yield* suspended
        yield* julep.sessions.resume(id, { tools, decisions: decide(call, { refuse: "too much" }) })
        expect(ran).toEqual([1])
        expect(yield* sentResults).toEqual(["refunded 1", "The call was refused: too much"])
      }).pipe(Effect.provide(mode(script)))
    )

    it.effect("without a decision it is suspended again, and nothing is claimed", () =>
      Effect.gen(function* () {
        const { call, id, julep, ran, tools } = yield* suspended
        expect(yield* julep.sessions.resume(id, { tools })).toMatchObject({
          status: "suspended",
          calls: [call],
          rounds: []
        })
        expect(ran).toEqual([])
        yield* julep.sessions.claim(id, { message_ids: [MessageId.make(call.message_id)] })
      }).pipe(Effect.provide(mode(script)))
    )

    it.effect("lists the calls that are decided with those that wait, so that all can be given back", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { ran, tools } = counted()
        const run = yield* julep.sessions.run(session.id, "Refund 2 and 3.", { tools })
        const [two, three] = run.status === "suspended" ? run.calls : []
        if (two === undefined || three === undefined) return yield* Effect.dieMessage("two calls are suspended")
        const again = yield* julep.sessions.resume(session.id, { tools, decisions: decide(two, "allow") })
        const calls = again.status === "suspended" ? again.calls : []
        expect(calls).toEqual([{ ...two, decision: "allow" }, three])
        const decisions = Object.fromEntries(
          calls.map(({ decision, message_id }) => [message_id, decision ?? { refuse: "no" }])
        )
        expect((yield* julep.sessions.resume(session.id, { tools, decisions })).text).toBe("Done.")
        expect(ran).toEqual([2])
      }).pipe(Effect.provide(mode([asks(2, 3), Scripted.reply("Done.")])))
    )

    it.effect("a run and its resumption may have the same idempotency key", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { ran, tools } = counted()
        const keyed = Julep.withOptions({ idempotencyKey: "k", retry: false })
        const run = yield* julep.sessions.run(session.id, "Refund 2.", { tools }).pipe(keyed)
        const [call] = run.status === "suspended" ? run.calls : []
        if (call === undefined) return yield* Effect.dieMessage("no call is suspended")
        const resume = julep.sessions.resume(session.id, { tools, decisions: decide(call, "allow") }).pipe(keyed)
        // The reply calls again, and a second resumption has a key of its own.
        const [next] = yield* Effect.map(resume, (run) => (run.status === "suspended" ? run.calls : []))
        if (next === undefined) return yield* Effect.dieMessage("no second call is suspended")
        const last = julep.sessions.resume(session.id, { tools, decisions: decide(next, "allow") }).pipe(keyed)
        expect((yield* last).text).toBe("Done.")
        expect(ran).toEqual([2, 3])
      }).pipe(Effect.provide(mode([asks(2), asks(3), Scripted.reply("Done.")])))
    )

    it.effect("a run that waits on calls that history has lost is a Conflict", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { ran, tools } = counted()
        const approve = () => Effect.as(Effect.orDie(julep.sessions.deleteHistory(session.id)), "suspend" as const)
        const run = julep.sessions.runStream(session.id, "Refund 2.", { tools, approve })
        expect(yield* Effect.flip(Stream.runDrain(run))).toMatchObject(conflict("CALL_NOT_FOUND"))
        expect(ran).toEqual([])
      }).pipe(Effect.provide(mode([asks(2)])))
    )

    it.effect("streams, and a streamed run can be suspended, too", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { ran, tools } = counted()
        const run = yield* accumulateRun(julep.sessions.runStream(session.id, "Refund 2.", { tools }))
        expect(run).toMatchObject({
          status: "suspended",
          calls: [{ id: "c2", message_id: (yield* callIds(session.id))[0] }]
        })
        const [call] = run.status === "suspended" ? run.calls : []
        if (call === undefined) return yield* Effect.dieMessage("no call is suspended")
        const events = yield* Stream.runCollect(
          julep.sessions.resumeStream(session.id, { tools, decisions: decide(call, "allow") })
        )
        const types = Array.from(events, ({ type }) => type)
        expect([types[0], types[1], types.at(-1)]).toEqual(["tool_call", "tool_result", "completed"])
        expect(ran).toEqual([2])
      }).pipe(Effect.provide(mode([asks(2), Scripted.reply("Done.")])))
    )

    it.effect("of two that resume at once, one runs the tools and the other gets Conflict", () =>
      Effect.gen(function* () {
        const { call, id, julep, ran, tools } = yield* suspended
        const resume = Effect.either(julep.sessions.resume(id, { tools, decisions: decide(call, "allow") }))
        const both = yield* Effect.all([resume, resume, resume], { concurrency: "unbounded" })
        expect(both.map(({ _tag }) => _tag).toSorted()).toEqual(["Left", "Left", "Right"])
        for (const each of both) if (each._tag === "Left") expect(each.left).toMatchObject({ _tag: "Conflict" })
        expect(ran.toSorted()).toEqual([1, 2])
        expect((yield* historyOf(id)).filter(([role]) => role === "function")).toHaveLength(2)
      }).pipe(Effect.provide(mode(script)))
    )

    it.effect("a second one, later, gets Conflict and asks the model nothing", () =>
      Effect.gen(function* () {
        const { call, id, julep, ran, tools } = yield* suspended
        const options = { tools, decisions: decide(call, "allow") }
        yield* julep.sessions.resume(id, options)
        expect(yield* Effect.flip(julep.sessions.resume(id, options))).toMatchObject(conflict("CALL_ANSWERED"))
        expect(yield* requests).toHaveLength(2)
        expect(ran).toHaveLength(2)
      }).pipe(Effect.provide(mode(script)))
    )

    it.effect("after a program that died with its claim, the tools run again only if that is asked for", () =>
      Effect.gen(function* () {
        const { call, id, julep, ran, tools } = yield* suspended
        const begun = yield* Deferred.make<void>()
        const hanging = tool({ execute: () => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never) })
        const options = { tools, decisions: decide(call, "allow") }
        const dying = yield* Effect.fork(julep.sessions.resume(id, { ...options, tools: { refund: hanging } }))
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(dying)
        expect(yield* Effect.flip(julep.sessions.resume(id, options))).toMatchObject(conflict("CALL_CLAIMED"))
        const late = { ...options, takeOverAfter: "1 hour" } as const
        expect(yield* Effect.flip(julep.sessions.resume(id, late))).toMatchObject(conflict("CALL_CLAIMED"))
        expect(ran).toEqual([])
        const now = { ...options, takeOverAfter: 0 }
        expect(yield* julep.sessions.resume(id, now)).toMatchObject({ text: "Done." })
        expect(ran.toSorted()).toEqual([1, 2])
      }).pipe(Effect.provide(mode(script)))
    )

    it.effect("a decision about an earlier call is never that of another one", () =>
      Effect.gen(function* () {
        const { call, id, julep, ran, tools } = yield* suspended
        yield* julep.sessions.run(id, "Refund 2 only.", { tools })
        // The new call has the same id as the old one: models number their calls anew.
        const stale = julep.sessions.resume(id, { tools, decisions: decide(call, "allow") })
        expect(yield* Effect.flip(stale)).toMatchObject({
          _tag: "Conflict",
          message: expect.stringContaining(call.message_id)
        })
        const byCallId = julep.sessions.resume(id, { tools, decisions: { c2: "allow" } })
        expect(yield* Effect.flip(byCallId)).toMatchObject({
          _tag: "Conflict",
          message: expect.stringContaining("message_id")
        })
        expect(ran).toEqual([])
      }).pipe(Effect.provide(mode([asks(1, 2), asks(2)])))
    )

    it.effect("a conversation that went on leaves nothing to resume", () =>
      Effect.gen(function* () {
        const { call, id, julep, ran, tools } = yield* suspended
        yield* chat(id, "Never mind.")
        yield* noFaults
        const resume = julep.sessions.resume(id, { tools, decisions: decide(call, "allow") })
        expect(yield* Effect.flip(resume)).toMatchObject(conflict("CALL_ANSWERED"))
        const [first] = yield* callIds(id)
        expect(
          yield* failure(julep.sessions.claim(id, { message_ids: [first ?? MessageId.make(UNKNOWN_ID)] }))
        ).toMatchObject(conflict("CALL_ANSWERED"))
        expect(ran).toEqual([])
      }).pipe(Effect.provide(mode([asks(1, 2), Scripted.reply("Fine.")])))
    )

    it.effect("results that were sent to a model that failed are sent again, and no tool runs twice", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { ran, tools } = counted()
        const run = julep.sessions.run(session.id, "Refund 1.", { tools })
        expect(yield* Effect.flip(run)).toMatchObject({ _tag: "ServerError" })
        expect(ran).toEqual([1])
        expect(yield* julep.sessions.resume(session.id, { tools })).toMatchObject({ text: "Done." })
        expect(ran).toEqual([1])
        expect((yield* historyOf(session.id)).map(([role]) => role)).toEqual([
          "user",
          "function_call",
          "function",
          "assistant"
        ])
        yield* noFaults
      }).pipe(
        Effect.provide(
          mode([
            asks(1),
            Scripted.fail(new ModelError({ reason: "unavailable", message: "down" })),
            Scripted.reply("Done.")
          ])
        )
      )
    )

    it.effect("another result of a call that has one is a Conflict, also while no reply has read it", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* chat(session.id, "Refund 1.", { tools: [{ type: "function", function: refundTool }] })
        const send = (content: string, name = "refund") =>
          julep.sessions.chat(session.id, { messages: [{ role: "function", name, tool_call_id: "c1", content }] })
        expect(yield* failure(send("refunded"))).toMatchObject({ _tag: "ServerError" })
        expect(yield* failure(send("not refunded"))).toMatchObject({
          ...conflict("CALL_ANSWERED"),
          message: expect.stringContaining("no reply has read")
        })
        expect(messageText(yield* send("refunded"))).toBe("Done.")
        expect(yield* sentResults).toEqual(["refunded"])
        expect(yield* historyOf(session.id)).toHaveLength(4)
      }).pipe(
        Effect.provide(
          mode([
            asks(1),
            Scripted.fail(new ModelError({ reason: "unavailable", message: "down" })),
            Scripted.reply("Done.")
          ])
        )
      )
    )

    it.effect("results that are too long for the prompt are cut there, so that the run and its resumption go on", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const long = "word ".repeat(20_000)
        const tools = { refund: () => Effect.succeed(long) }
        expect(yield* julep.sessions.run(session.id, "Refund 1.", { tools })).toMatchObject({ text: "Done." })
        const [result = ""] = yield* sentResults
        expect(result).toMatch(/^(word )+/)
        expect(result).toContain("cut: it has 100000 characters")
        // In every round the question is there, beside the newest calls and their results.
        for (const request of (yield* requests).slice(1)) {
          const roles = turnsOf(request).map(({ role }) => role)
          expect([...roles.slice(0, 2), ...roles.slice(-3)]).toEqual(["user", "assistant", "assistant", "tool", "tool"])
          expect(turnsOf(request)[0]?.content).toBe("Refund 1.")
        }
        const stored = yield* julep.sessions.history(session.id)
        expect(stored.map(({ content }) => content)).toContain(long)
        yield* noFaults
      }).pipe(Effect.provide(mode([asks(1, 2), asks(3, 4), asks(5, 6), Scripted.reply("Done.")])))
    )

    it.effect(
      "a call that has a result is no longer suspended, and neither is one after which the conversation went on",
      () =>
        Effect.gen(function* () {
          const { call, id, julep, tools } = yield* suspended
          const marks = Effect.map(julep.sessions.history(id), (all) => all.map(({ suspended }) => suspended))
          expect(yield* marks).toEqual([undefined, undefined, true])
          yield* julep.sessions.resume(id, { tools, decisions: decide(call, "allow") })
          expect(yield* marks).toEqual(Array(6).fill(undefined))
        }).pipe(Effect.provide(mode(script)))
    )

    it.effect("goes on with a run that was interrupted, and with one that reached maxRounds", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { ran, tools } = counted()
        const begun = yield* Deferred.make<void>()
        const hanging = tool({ execute: () => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never) })
        const fiber = yield* Effect.fork(julep.sessions.run(session.id, "Refund 1.", { tools: { refund: hanging } }))
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        const bounded = julep.sessions.resume(session.id, { tools, maxRounds: 1 })
        expect(yield* Effect.flip(bounded)).toMatchObject({ _tag: "MaxRoundsExceeded", calls: [{ id: "c0" }] })
        expect((yield* julep.sessions.resume(session.id, { tools })).text).toBe("Done.")
        expect(ran).toEqual([1, 0])
        yield* noFaults
      }).pipe(Effect.provide(mode([asks(1), asks(0), Scripted.reply("Done.")])))
    )

    it.effect("one more result of a call that the model has read is a Conflict", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { tools } = counted()
        yield* julep.sessions.run(session.id, "Refund 1.", { tools })
        const late = { role: "function", name: "refund", tool_call_id: "c1", content: "refunded twice" } as const
        expect(yield* failure(julep.sessions.chat(session.id, { messages: [late] }))).toMatchObject(
          conflict("CALL_ANSWERED")
        )
        const streamed = accumulateRun(julep.sessions.runStream(session.id, { messages: [late] }, { tools }))
        expect(yield* Effect.flip(streamed)).toMatchObject(conflict("CALL_ANSWERED"))
        expect(yield* historyOf(session.id)).toHaveLength(4)
        // A new call may have the id of an old one.
        expect((yield* julep.sessions.run(session.id, "Again.", { tools })).text).toBe("Done.")
      }).pipe(Effect.provide(mode([asks(1), Scripted.reply("Done."), asks(1), Scripted.reply("Done.")])))
    )

    it.effect("a run that is not recorded cannot be suspended", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { tools } = counted()
        const run = julep.sessions.run(session.id, { messages: [says("Refund 2.")], record: false }, { tools })
        expect(yield* Effect.flip(run)).toMatchObject({
          _tag: "InvalidRequest",
          message: expect.stringContaining("record: false")
        })
      }).pipe(Effect.provide(mode([asks(2)])))
    )

    it.effect("a session without open calls has nothing to resume", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        expect(yield* Effect.flip(julep.sessions.resume(session.id, { tools: {} }))).toMatchObject(
          conflict("CALL_ANSWERED")
        )
      }).pipe(Effect.provide(mode()))
    )
  })

/** Claims of calls, as the contract has them. */
export const claims = (mode: Mode) =>
  describe("claims", () => {
    it.effect("claims all calls or none, and takes over claims that are old enough", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* chat(session.id, "Refund.")
        const [first, second] = yield* callIds(session.id)
        if (first === undefined || second === undefined) return yield* Effect.dieMessage("there are no calls")
        const claim = (message_ids: readonly [MessageId, ...Array<MessageId>], take_over_after?: number) =>
          julep.sessions.claim(session.id, {
            message_ids,
            ...(take_over_after === undefined ? {} : { take_over_after })
          })
        expect(yield* claim([second])).toEqual({ message_ids: [second], claimed_at: expect.any(Date) })
        expect(yield* failure(claim([first, second]))).toMatchObject({ ...conflict("CALL_CLAIMED"), status: 409 })
        expect(yield* claim([first, first])).toMatchObject({ message_ids: [first, first] })
        yield* TestClock.adjust("1 minute")
        expect(yield* failure(claim([first, second], 3600))).toMatchObject(conflict("CALL_CLAIMED"))
        expect(yield* claim([first, second], 0)).toMatchObject({ message_ids: [first, second] })
      }).pipe(Effect.provide(mode([asks(1, 2)])))
    )

    it.effect("releases the claim that was made at a time, of all calls or none", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* chat(session.id, "Refund.")
        const [first, second] = yield* callIds(session.id)
        if (first === undefined || second === undefined) return yield* Effect.dieMessage("there are no calls")
        const { claim } = julep.sessions
        const { claimed_at } = yield* claim(session.id, { message_ids: [first] })
        const release = (message_ids: readonly [MessageId, ...Array<MessageId>], at = claimed_at) =>
          claim(session.id, { message_ids, release: at })
        expect(yield* failure(release([first, second]))).toMatchObject({ ...conflict("CALL_CLAIMED"), status: 409 })
        expect(yield* failure(release([first], new Date(1)))).toMatchObject(conflict("CALL_CLAIMED"))
        expect(yield* failure(claim(session.id, { message_ids: [first] }))).toMatchObject(conflict("CALL_CLAIMED"))
        expect(yield* release([first])).toEqual({ message_ids: [first], claimed_at })
        expect(yield* failure(release([first]))).toMatchObject(conflict("CALL_CLAIMED"))
        expect(yield* claim(session.id, { message_ids: [first, second] })).toMatchObject({
          message_ids: [first, second]
        })
      }).pipe(Effect.provide(mode([asks(1, 2)])))
    )

    it.effect("stores results without a reply, once, and ends the claim of the other calls with them", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* chat(session.id, "Refund.")
        const [first, second, third] = yield* callIds(session.id)
        if (first === undefined || second === undefined || third === undefined)
          return yield* Effect.dieMessage("there are no calls")
        const claim = (calls: ClaimToolCalls) => julep.sessions.claim(session.id, calls)
        const stored = Effect.map(julep.sessions.history(session.id), (messages) =>
          messages.flatMap(({ content, name, role, tool_call_id }) =>
            role === "function" ? [{ content, name, tool_call_id }] : []
          )
        )
        // Results of calls that nobody has claimed.
        const alone = claim({ message_ids: [second], results: { [second]: "two" } })
        expect(yield* alone).toMatchObject({ message_ids: [second] })
        expect(yield* alone).toMatchObject({ message_ids: [second] })
        expect(yield* stored).toEqual([{ content: "two", name: "refund", tool_call_id: "c2" }])
        expect(yield* failure(claim({ message_ids: [second], results: { [second]: "other" } }))).toMatchObject(
          conflict("CALL_ANSWERED")
        )
        // Results with the release of the claim.
        const { claimed_at: release } = yield* claim({ message_ids: [first, third] })
        const results = { [third]: "three" }
        expect(yield* failure(claim({ message_ids: [third], results }))).toMatchObject(conflict("CALL_CLAIMED"))
        expect(yield* failure(claim({ message_ids: [third], results, release: new Date(1) }))).toMatchObject(
          conflict("CALL_CLAIMED")
        )
        expect(yield* stored).toHaveLength(1)
        expect(yield* claim({ message_ids: [first, third], results, release })).toMatchObject({ claimed_at: release })
        expect((yield* stored).slice(1)).toEqual([{ content: "three", name: "refund", tool_call_id: "c3" }])
        expect(yield* claim({ message_ids: [first] })).toMatchObject({ message_ids: [first] })
        expect(yield* requests).toHaveLength(1)
      }).pipe(Effect.provide(mode([asks(1, 2, 3)])))
    )

    it.effect("stores a result only if it is that of its call", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* chat(session.id, "Refund.")
        const [first, second] = yield* callIds(session.id)
        if (first === undefined || second === undefined) return yield* Effect.dieMessage("there are no calls")
        const claim = (calls: ClaimToolCalls) => failure(julep.sessions.claim(session.id, calls))
        const path = (id: string) => ({ status: 422, issues: [{ path: `results.${id}` }] })
        expect(yield* claim({ message_ids: [first], results: { [second]: "two" } })).toMatchObject(path(second))
        // The calls have the same id.
        expect(yield* claim({ message_ids: [second], results: { [second]: "two" } })).toMatchObject(path(second))
        expect(yield* historyOf(session.id)).toHaveLength(3)
        const both = { message_ids: [first, second] as const, results: { [first]: "one", [second]: "two" } }
        yield* julep.sessions.claim(session.id, both)
        yield* julep.sessions.chat(session.id, { messages: [says("And?")] })
        expect(yield* sentResults).toEqual(["one", "two"])
        // The model has read them.
        yield* julep.sessions.claim(session.id, both)
        expect(yield* claim({ message_ids: [first], results: { [first]: "other" } })).toMatchObject(
          conflict("CALL_ANSWERED")
        )
      }).pipe(Effect.provide(mode([asks(1, 1), Scripted.reply("ok")])))
    )

    it.effect("suspends calls that are open, and claims none", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* chat(session.id, "Refund.")
        const [first, second] = yield* callIds(session.id)
        if (first === undefined || second === undefined) return yield* Effect.dieMessage("there are no calls")
        const suspend = (message_id: MessageId) =>
          julep.sessions.claim(session.id, { message_ids: [message_id], suspend: true })
        const suspended = Effect.map(julep.sessions.history(session.id), (messages) =>
          messages.flatMap(({ id, suspended }) => (suspended === true ? [id] : []))
        )
        expect(yield* suspend(first)).toMatchObject({ message_ids: [first] })
        expect(yield* suspended).toEqual([first])
        yield* julep.sessions.claim(session.id, { message_ids: [first], results: { [first]: "one" } })
        expect(yield* failure(suspend(first))).toMatchObject(conflict("CALL_ANSWERED"))
        const other = yield* julep.sessions.create({ agent_id: session.agent_id })
        expect(yield* failure(julep.sessions.claim(other.id, { message_ids: [second], suspend: true }))).toMatchObject({
          _tag: "NotFound",
          resource: "message",
          id: second
        })
        // It has a result now.
        expect(yield* suspended).toEqual([])
      }).pipe(Effect.provide(mode([asks(1, 2)])))
    )

    it.effect("a result without an id is that of the first call of its tool, as in the prompt", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* chat(session.id, "Refund.")
        const [first, second] = yield* callIds(session.id)
        if (first === undefined || second === undefined) return yield* Effect.dieMessage("there are no calls")
        // The model fails, so that the calls stay open.
        yield* failure(
          julep.sessions.chat(session.id, { messages: [{ role: "function", name: "refund", content: "1" }] })
        )
        const claim = (id: MessageId) => julep.sessions.claim(session.id, { message_ids: [id] })
        expect(yield* failure(claim(first))).toMatchObject(conflict("CALL_ANSWERED"))
        expect(yield* claim(second)).toMatchObject({ message_ids: [second] })
      }).pipe(
        Effect.provide(mode([asks(1, 2), Scripted.fail(new ModelError({ reason: "unavailable", message: "down" }))]))
      )
    )

    it.effect("only calls of the session without a result can be claimed", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* chat(session.id, "Refund.")
        const other = yield* julep.sessions.create({ agent_id: session.agent_id })
        const [first] = yield* callIds(session.id)
        const [user] = yield* julep.sessions.history(session.id)
        if (first === undefined || user === undefined) return yield* Effect.dieMessage("there are no calls")
        const claim = (id: SessionId, message_id: MessageId) =>
          failure(julep.sessions.claim(id, { message_ids: [message_id] }))
        expect(yield* claim(other.id, first)).toMatchObject({ _tag: "NotFound", resource: "message", id: first })
        expect(yield* claim(session.id, MessageId.make(UNKNOWN_ID))).toMatchObject({ _tag: "NotFound", id: UNKNOWN_ID })
        expect(yield* claim(session.id, user.id)).toMatchObject(conflict("CALL_ANSWERED"))
        const result = { role: "function", name: "refund", tool_call_id: "c1", content: "done" } as const
        yield* julep.sessions.chat(session.id, { messages: [result] })
        expect(yield* claim(session.id, first)).toMatchObject(conflict("CALL_ANSWERED"))
      }).pipe(Effect.provide(mode([asks(1), Scripted.reply("ok")])))
    )
  })
