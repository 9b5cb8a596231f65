import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Runtime from "effect/Runtime"
import {
  type AccumulatedChat,
  accumulateChat,
  type ChatResponse,
  type Julep,
  type RequestError,
  type SessionId
} from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Mode } from "../support/modes.js"
import { sceneWithUser } from "../support/turns.js"

const call = FastCheck.record({
  id: FastCheck.uuid(),
  name: FastCheck.constantFrom("tide", "wind"),
  arguments: FastCheck.json({ maxDepth: 1 }).map((value) => JSON.stringify({ value }))
})

/** A reply of a model: text in pieces, then tool calls, then the reason and the usage. */
const step = FastCheck.record({
  texts: FastCheck.array(FastCheck.string({ unit: "grapheme" }), { maxLength: 6 }),
  tool_calls: FastCheck.array(call, { maxLength: 3 }),
  finish_reason: FastCheck.constantFrom("stop", "length", "content_filter"),
  prompt_tokens: FastCheck.nat(10_000),
  completion_tokens: FastCheck.nat(10_000)
})
  .filter(({ texts, tool_calls }) => tool_calls.length > 0 || texts.join("").trim() !== "")
  .map(({ completion_tokens, finish_reason, prompt_tokens, texts, tool_calls }) => {
    const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
    return Scripted.pieces(texts, Scripted.reply(null, { tool_calls, finish_reason, usage }))
  })

/** An empty piece of text is not a message, also before a call. */
const examples: Array<[Scripted.Step]> = [[Scripted.pieces([""], Scripted.toolCall("tide"))]]

/** A reply without what each turn and each session has of its own: ids and times. */
const comparable = ({ doc_ids, id, jobs, recalled, response, ...rest }: ChatResponse | AccumulatedChat) => ({
  ...rest,
  id: typeof id,
  jobs: jobs.length,
  docs: [doc_ids?.agent_doc_ids.length, doc_ids?.user_doc_ids.length],
  snippets: recalled?.snippets.map(({ doc_id: _, ...snippet }) => snippet),
  recalled: [recalled?.memories, recalled?.messages],
  response: response.map((choice) => choice.map(({ content, name, role }) => ({ content, name, role })))
})

/** One turn in a session of its own, with a doc that it recalls and a statement that it remembers. */
const turn = (
  ask: (julep: Julep.Service, id: SessionId) => Effect.Effect<ChatResponse | AccumulatedChat, RequestError>
) =>
  Effect.gen(function* () {
    const { julep, session } = yield* sceneWithUser({
      agent: { docs: [{ title: "Harbour", content: "The Lisbon harbour closes at nine." }] }
    })
    return comparable(yield* ask(julep, session.id))
  })

const question = "I live in Lisbon. When does the harbour close?"

/** A streamed reply, collected, is the unary reply. */
export const streamedReply = (mode: Mode) =>
  describe("a streamed reply, collected", () => {
    it.live("has every member that the unary reply has", () => {
      let next = Scripted.reply("ok")
      return Effect.gen(function* () {
        const runtime = yield* Effect.runtime<Julep>()
        const holds = FastCheck.asyncProperty(step, (planned) => {
          next = planned
          return Runtime.runPromise(runtime)(
            Effect.gen(function* () {
              const unary = yield* turn(({ sessions }, id) => sessions.chat(id, question))
              const streamed = yield* turn(({ sessions }, id) => accumulateChat(sessions.chatStream(id, question)))
              expect(streamed).toEqual(unary)
              expect(unary).toMatchObject({ docs: [1, 0], snippets: [{ title: "Harbour" }] })
              expect(unary.jobs).toBeGreaterThan(0)
            })
          )
        })
        yield* Effect.promise(() => FastCheck.assert(holds, { examples, numRuns: 25, endOnFailure: true }))
      }).pipe(Effect.provide(mode(() => next, { instructable: true })))
    })
  })
