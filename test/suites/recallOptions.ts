import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ChatInput, ChatResponse, ChatStreamEvent } from "../../src/schema/Chat.js"
import { chat, failure, recalledOf, requests, says, scene, sceneWithUser } from "../support/turns.js"
import { send, type Wired } from "../support/wire.js"

const question = "Which lamp is bright?"
/** More docs about a lamp than a chat recalls by default, each with another share of the words of the question. */
const lamps = Array.from({ length: 12 }, (_, index) => ({
  title: `Note ${index}`,
  content: `The lamp ${"of the tower ".repeat(index)}is bright.`,
  metadata: { shore: index < 2 ? "south" : "north", index }
}))

const sourcesOf = ({ recalled }: Pick<ChatResponse | ChatStreamEvent, "recalled">) => {
  if (recalled == null) throw new Error("the reply has no recalled")
  return recalled
}
const countsOf = (reply: Pick<ChatResponse | ChatStreamEvent, "recalled">) => {
  const { memories, messages, snippets } = sourcesOf(reply)
  return { snippets: snippets.length, memories: memories.length, messages: messages.length }
}

/** A session with more to recall of each kind than a chat recalls by default; its own history has none of it. */
const remembering = Effect.gen(function* () {
  const made = yield* sceneWithUser({ agent: { docs: lamps } })
  const { agent, julep, user } = made
  for (let index = 0; index < 10; index++) {
    const other = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
    // A question forms no memory, and a statement is recalled as its memory alone.
    yield* chat(other.id, index < 9 ? `Is lamp number ${index} bright?` : "My lamp is bright.", { recall: false })
  }
  for (let index = 0; index < 8; index++) {
    const other = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
    yield* chat(other.id, `Lamp ${index} is mine.`, { recall: false })
  }
  return made
})

/** Beyond v0.3: how much a chat recalls, and what. */
export const recallOptions = (mode: Wired) =>
  describe("recall options", () => {
    it.effect("say how many passages, memories and messages are recalled at most; 0 recalls none of a kind", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* remembering
        const messages = [says(question)] as const
        const rendered = (recall: ChatInput["recall"]) =>
          Effect.map(julep.sessions.render(session.id, { messages, recall }), countsOf)
        const defaults = { snippets: 6, memories: 6, messages: 8 }
        expect(yield* rendered(undefined)).toEqual(defaults)
        expect(yield* rendered(true)).toEqual(defaults)
        expect(yield* rendered({})).toEqual(defaults)
        expect(yield* rendered(false)).toEqual({ snippets: 0, memories: 0, messages: 0 })
        expect(yield* rendered({ passages: 2 })).toEqual({ ...defaults, snippets: 2 })
        expect(yield* rendered({ passages: 50 })).toEqual({ ...defaults, snippets: 12 })
        expect(yield* rendered({ memories: 7, messages: 9 })).toEqual({ snippets: 6, memories: 7, messages: 9 })
        expect(yield* rendered({ messages: 1 })).toEqual({ ...defaults, messages: 1 })
        for (const [option, source] of [
          ["passages", "snippets"],
          ["memories", "memories"],
          ["messages", "messages"]
        ] as const) {
          expect(yield* rendered({ [option]: 0 })).toMatchObject({ [source]: 0 })
        }
        expect(yield* rendered({ passages: 0, memories: 0, messages: 0 })).toEqual(yield* rendered(false))
      }).pipe(Effect.provide(mode()))
    )

    it.effect("hold for a whole and for a streamed chat, and the prompt has what the reply names", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* remembering
        const input = { messages: [says(question)], recall: { passages: 1, memories: 1, messages: 0 } } as const
        const one = { snippets: 1, memories: 1, messages: 0 }
        expect(countsOf(yield* julep.sessions.chat(session.id, input))).toEqual(one)
        const first = yield* Stream.runHead(julep.sessions.chatStream(session.id, input))
        expect(countsOf(Option.getOrThrow(first))).toEqual(one)
        for (const request of (yield* requests).slice(-2)) {
          expect(recalledOf(request).match(/^<(doc|memory|turn)\b/gm)).toEqual(["<doc", "<memory"])
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect("threshold: nothing with a lower score is recalled, on the scale of the reply's scores", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* remembering
        const messages = [says("My bright lamp is in the tower.")] as const
        const rendered = (threshold?: number) =>
          Effect.map(
            julep.sessions.render(session.id, {
              messages,
              recall: { passages: 12, memories: 12, messages: 12, threshold }
            }),
            sourcesOf
          )
        const all = yield* rendered()
        const scoresOf = ({ memories, messages, snippets }: typeof all) =>
          [snippets, memories, messages].map((sources) => sources.map(({ score }) => score))
        for (const scores of scoresOf(all)) {
          expect(new Set(scores).size).toBeGreaterThan(1)
          expect(scores).toEqual(scores.toSorted((one, other) => other - one))
          // A score is itself within its threshold, and every lower one is not.
          const [best = 0] = scores
          const least = Math.min(best, 1)
          const kept = scoresOf(yield* rendered(least))
          expect(kept).toEqual(scoresOf(all).map((each) => each.filter((score) => score >= least)))
        }
        expect(scoresOf(yield* rendered(0)).slice(0, 2)).toEqual(scoresOf(all).slice(0, 2))
      }).pipe(Effect.provide(mode()))
    )

    it.effect("metadata_filter: docs are chosen before they are ranked, so better matches hide none", () =>
      Effect.gen(function* () {
        const { julep, session, user } = yield* sceneWithUser({ agent: { docs: lamps } })
        const foreign = (index: number) => ({
          title: question,
          content: `${question} ${question} copy${index}`,
          metadata: { shore: "west" }
        })
        yield* Effect.forEach(Array.from({ length: 80 }), (_, index) =>
          julep.docs.create({ user_id: user.id, doc: foreign(index) })
        )
        const found = (metadata_filter: { readonly [key: string]: unknown }) =>
          Effect.map(
            julep.sessions.render(session.id, { messages: [says(question)], recall: { metadata_filter } }),
            (rendered) => sourcesOf(rendered).snippets.map(({ title }) => title)
          )
        expect(new Set(yield* found({}))).toEqual(new Set([question]))
        expect((yield* found({ shore: "south" })).toSorted()).toEqual(["Note 0", "Note 1"])
        expect(yield* found({ shore: "north" })).toHaveLength(6)
        expect(yield* found({ shore: "north", index: 5 })).toEqual(["Note 5"])
        for (const none of [{ shore: "South" }, { index: "5" }, { shore: null }, { shore: ["south"] }]) {
          expect(yield* found(none)).toEqual([])
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a wrong value is an InvalidRequest of the client and a 422 of the server, with its path", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        const keys = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, index]))
        const wrong = [
          ["recall.passages", { passages: -1 }],
          ["recall.passages", { passages: 51 }],
          ["recall.memories", { memories: 1.5 }],
          ["recall.messages", { messages: "8" as unknown as number }],
          ["recall.threshold", { threshold: -0.1 }],
          ["recall.threshold", { threshold: 1.1 }],
          ["recall.metadata_filter", { metadata_filter: keys }],
          ["recall.metadata_filter", { metadata_filter: [] as unknown as object as Record<string, unknown> }],
          ["recall", "all" as unknown as boolean]
        ] as const
        for (const [path, recall] of wrong) {
          expect(yield* failure(chat(session.id, "Hello", { recall })), path).toMatchObject({
            _tag: "InvalidRequest",
            issues: [{ path }]
          })
          const json = { messages: [says("Hello")], recall }
          for (const operation of ["chat", "render"]) {
            const refused = yield* send("POST", `/sessions/${session.id}/${operation}`, { json })
            expect(refused, path).toMatchObject({ status: 422, body: { error: { issues: [{ path }] } } })
          }
        }
        const deep = { a: Array.from({ length: 10_001 }, () => 1) }
        expect(yield* failure(chat(session.id, "Hello", { recall: { metadata_filter: { deep } } }))).toMatchObject({
          _tag: "UnprocessableRequest",
          issues: [{ path: "recall.metadata_filter" }]
        })
        expect(yield* requests).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a null counts as left out, as everywhere in a request", () =>
      Effect.gen(function* () {
        const { session } = yield* scene({ agent: { docs: lamps } })
        const recall = { passages: null, memories: null, messages: null, threshold: null, metadata_filter: null }
        const json = { messages: [says(question)], recall }
        const { body, status } = yield* send("POST", `/sessions/${session.id}/chat`, { json })
        expect(status).toBe(200)
        expect(body).toMatchObject({ recalled: { snippets: Array.from({ length: 6 }, () => ({})) } })
      }).pipe(Effect.provide(mode()))
    )
  })
