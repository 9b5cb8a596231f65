import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { ModelRequest } from "../../src/engine/ports/Model.js"
import { JobId, Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { SessionId } from "../../src/schema/Session.js"
import type { Mode } from "../support/modes.js"
import { asked, chat, historyOf, NOBODY, requests, scene, sceneWithUser, systemOf, turnsOf } from "../support/turns.js"

/** About 560 tokens: the fourth turn of them reaches the threshold of 2,048. */
const long = (number: number) => `Number ${number}. ${"the sea was calm and the wind came from the west ".repeat(39)}`

const isSummary = (request: ModelRequest) => systemOf(request).includes("running summary")
const isFacts = (request: ModelRequest) => systemOf(request).includes("You note what")

/** Summaries are numbered; turns are answered "ok". */
const writing = (failing = 0): Scripted.Script => {
  let asked = 0
  return (request) => {
    if (isFacts(request)) return Scripted.reply('{"memories": []}')
    if (!isSummary(request)) return Scripted.reply("ok")
    asked++
    return asked <= failing
      ? Scripted.fail(new Scripted.ModelError({ reason: "invalid_request", message: "no summaries today" }))
      : Scripted.reply(`Summary ${asked}.`)
  }
}
const instructable = { instructable: true }

/** Turns until one causes a summary; its job has ended. */
const untilSummary = Effect.fnUntraced(function* (session: SessionId, first = 1) {
  const { jobs } = yield* Julep
  for (let number = first; number < first + 20; number++) {
    const reply = yield* chat(session, long(number), { remember: false })
    const [job] = reply.jobs
    if (job !== undefined) return { number, job: yield* jobs.await(job) }
  }
  return yield* Effect.dieMessage("20 long turns caused no summary")
})

/** Long sessions: a running summary of the older messages, and every message still in history. */
export const summaries = (mode: Mode) =>
  describe("summaries", () => {
    it.live("the older messages are folded into the summary, and prompts have it in their place", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { job, number } = yield* untilSummary(session.id)
        expect(number).toBe(4)
        expect(job).toMatchObject({ name: "summarize_session", state: "succeeded", progress: 100 })
        expect((yield* julep.sessions.get(session.id)).summary).toBe("Summary 1.")
        const [summarizing] = (yield* requests).filter(isSummary)
        const folded = summarizing === undefined ? "" : String(turnsOf(summarizing)[0]?.content)
        expect(folded).toContain("User: Number 1.")
        expect(folded).not.toContain("Number 4.")

        yield* chat(session.id, "And now?", { remember: false })
        const request = yield* asked
        expect(systemOf(request)).toContain("<summary>\nSummary 1.\n</summary>")
        const turns = turnsOf(request).map(({ content }) => String(content))
        expect(turns.some((content) => content.startsWith("Number 1."))).toBe(false)
        expect(turns.some((content) => content.startsWith("Number 4."))).toBe(true)
        // Nothing that was said is gone.
        const history = yield* historyOf(session.id)
        expect(history).toHaveLength(10)
        expect(history[0]).toEqual(["user", long(1)])
      }).pipe(Effect.provide(mode(writing(), instructable)))
    )

    it.live("v0.3 fault: a summary is made of the one before it", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { number } = yield* untilSummary(session.id)
        yield* untilSummary(session.id, number + 1)
        expect((yield* julep.sessions.get(session.id)).summary).toBe("Summary 2.")
        const second = (yield* requests).filter(isSummary)[1]
        expect(second === undefined ? "" : turnsOf(second)[0]?.content).toContain("<summary>\nSummary 1.\n</summary>")
      }).pipe(Effect.provide(mode(writing(), instructable)))
    )

    it.live("a summary that fails is tried again, and meanwhile nothing is missing from the prompt", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { job } = yield* untilSummary(session.id)
        expect(job).toMatchObject({ state: "succeeded" })
        expect((yield* julep.sessions.get(session.id)).summary).toBe("Summary 2.")
      }).pipe(Effect.provide(mode(writing(1), instructable)))
    )

    it.live("deleting the history deletes its summary", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* untilSummary(session.id)
        yield* julep.sessions.deleteHistory(session.id)
        expect((yield* julep.sessions.get(session.id)).summary).toBeNull()
        yield* chat(session.id, "Hello")
        expect(systemOf(yield* asked)).not.toContain("Summary 1.")
        expect(turnsOf(yield* asked)).toHaveLength(1)
      }).pipe(Effect.provide(mode(writing(), instructable)))
    )

    it.live("history that is deleted while its summary is written leaves none", () => {
      const writing = Effect.runSync(Effect.all([Deferred.make<void>(), Deferred.make<void>()]))
      const [begun, go] = writing
      const script: Scripted.Script = (request) =>
        isSummary(request)
          ? (asked) =>
              Deferred.succeed(begun, undefined).pipe(
                Effect.zipRight(Deferred.await(go)),
                Effect.as({
                  content: "A secret.",
                  tool_calls: [],
                  finish_reason: "stop",
                  usage: { prompt_tokens: asked.messages.length, completion_tokens: 1, total_tokens: 1 }
                })
              )
          : Scripted.reply("ok")
      return Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const turns = yield* Effect.fork(untilSummary(session.id))
        yield* Deferred.await(begun)
        yield* julep.sessions.deleteHistory(session.id)
        yield* Deferred.succeed(go, undefined)
        yield* Fiber.join(turns)
        expect((yield* julep.sessions.get(session.id)).summary).toBeNull()
      }).pipe(Effect.provide(mode(script, instructable)))
    })

    it.live("without a model that can write, the summary quotes what was stated and asked", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* sceneWithUser()
        yield* chat(session.id, "I sail a small boat called Kestrel.")
        yield* chat(session.id, "Where is the nearest harbour?")
        yield* untilSummary(session.id)
        const { summary } = yield* julep.sessions.get(session.id)
        expect(summary).toContain("Sam: I sail a small boat called Kestrel.")
        expect(summary).toContain("Sam: Where is the nearest harbour?")
        expect(yield* requests).toHaveLength(6)
      }).pipe(Effect.provide(mode()))
    )

    it.live("turns that are not recorded cause none", () =>
      Effect.gen(function* () {
        const { jobs } = yield* Julep
        const { session } = yield* scene()
        for (let number = 1; number < 7; number++) {
          expect((yield* chat(session.id, long(number), { record: false })).jobs).toEqual([])
        }
        expect(yield* Effect.flip(jobs.get(JobId.make(NOBODY)))).toMatchObject({ _tag: "NotFound" })
      }).pipe(Effect.provide(mode(writing(), instructable)))
    )
  })
