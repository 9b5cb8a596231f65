/** The operations beyond v0.3, on a server that does not have them: the error says so. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Julep, RequestError } from "../../src/index.js"
import { DocId } from "../../src/index.js"
import { stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"

const doc_id = DocId.make(f.otherId(1))

const operations: Readonly<Record<string, (julep: Julep.Service) => Effect.Effect<unknown, RequestError>>> = {
  "sessions.render": ({ sessions }) => sessions.render(f.sessionId, "Hello"),
  "sessions.prompts": ({ sessions }) => sessions.prompts(f.sessionId),
  "agents.ensure": ({ agents }) => agents.ensure("support", { name: "Ada" }),
  "docs.sync": ({ docs }) => docs.sync({ agent_id: f.agentId }, [{ title: "T", content: "C" }]),
  "docs.search": ({ docs }) => docs.search({ agent_id: f.agentId }, "tides"),
  "docs.get": ({ docs }) => docs.get({ user_id: f.userId, doc_id }),
  "memories.create": ({ memories }) =>
    memories.create({ agent_id: f.agentId, user_id: f.userId, content: "Sam likes tea." })
}

/** How FastAPI, which v0.3 is made with, answers to a path that it does not have, and to a method that a path does not have. */
const answers = [
  { status: 404, body: { detail: "Not Found" } },
  { status: 405, body: { detail: "Method Not Allowed" } }
]

describe("an operation beyond v0.3, on a server without it", () => {
  for (const [name, call] of Object.entries(operations)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        for (const answer of answers) {
          const { julep, http } = yield* stubbed(answer)
          const { _tag, message } = errorFields(yield* Effect.flip(call(julep)))
          // No agent is looked for: a 404 is not an answer to agents.ensure.
          const isMissing = answer.status === 404 && name !== "agents.ensure"
          expect(_tag).toBe(isMissing ? "NotFound" : "UnexpectedResponse")
          expect(message).toContain(
            "If not, the server lacks this operation: only engines of effect-julep have those beyond v0.3."
          )
          expect(http.requests).toHaveLength(1)
        }
      })
    )
  }
})
