/** An endpoint of OpenAI's API with the model of `notes.ts`, which counts its requests, and holds those of chosen notes. */
import type * as http from "node:http"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Latch, latch } from "../../support/latches.js"
import * as Loopback from "../../support/loopback.js"
import { answerTo } from "./notes.js"

const Request = Schema.parseJson(
  Schema.Struct({ messages: Schema.Array(Schema.Struct({ role: Schema.String, content: Schema.String })) })
)

/** The first request for the reply to a note. */
export interface Held {
  /** Opens when it arrives. */
  readonly reached: Latch<void>
  /** Lets it be answered. */
  readonly go: Latch<void>
}

export const noteEndpoint = Effect.gen(function* () {
  const counts = new Map<string, number>()
  const holds = new Map<string, Held>()
  const { origin } = yield* Loopback.serve((received, response) => {
    const { messages } = Schema.decodeSync(Request)(received.body)
    const system = messages.flatMap(({ content, role }) => (role === "system" ? [content] : [])).join("\n")
    const { answer, isFacts, note } = answerTo(system, messages.at(-1)?.content ?? "")
    if (isFacts) return complete(response, answer)
    counts.set(note, 1 + (counts.get(note) ?? 0))
    const held = holds.get(note)
    if (held === undefined) return complete(response, answer)
    holds.delete(note)
    held.reached.open()
    Effect.runFork(Effect.map(held.go.opened, () => complete(response, answer)))
  })
  return {
    /** The model, as the option `--model` names it. */
    model: `${origin}/v1#notes`,
    /** How often it was asked for the reply to a note. */
    asked: (note: string) => counts.get(note) ?? 0,
    hold: (note: string): Held => {
      const held = { reached: latch(), go: latch() }
      holds.set(note, held)
      return held
    }
  }
})

const complete = (response: http.ServerResponse, content: string) =>
  Loopback.json(response, 200, {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "notes",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  })
