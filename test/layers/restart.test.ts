/** A program that runs `agents.ensure` and `docs.sync` at each start, on one file. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Embedded } from "../../src/embedded.js"
import { TEXTS } from "../../src/engine/usecases/recall/Paraphrases.js"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { temporaryFile } from "../soak/support/database.js"
import { stub } from "../support/stubClient.js"
import { vectorOf } from "../support/wordVectors.js"

const docs = [
  { key: "cars", title: "Cars", content: ["automobiles for sale", "cars for rent"] },
  { key: "trains", title: "Trains", content: "trains to Lisbon" }
]

describe("a program that starts again", () => {
  it.scopedLive("neither duplicates nor embeds anything anew, but for what changed", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const http = stub(({ body }) => {
        const texts: ReadonlyArray<string> = Object(body).input
        return { body: { data: texts.map((text, index) => ({ index, embedding: [...vectorOf(text, 8)] })) } }
      })
      const start = (pages: typeof docs) =>
        Effect.gen(function* () {
          const julep = yield* Julep
          const agent = yield* julep.agents.ensure("guide", {
            name: "Ada",
            docs: [{ title: "Hours", content: "Nine." }]
          })
          const synced = yield* julep.docs.sync({ agent_id: agent.id }, pages, { prune: true })
          for (const job of [...agent.jobs, ...synced.jobs]) yield* julep.jobs.await(job)
          return [agent.outcome, synced, yield* julep.docs.list({ agent_id: agent.id })] as const
        }).pipe(
          Effect.provide(
            Embedded.layer({
              storage: { file },
              model: Scripted.layer(() => Scripted.reply("ok")),
              embedder: { url: "https://vectors.test/v1", name: "words", dimensions: 8 }
            })
          ),
          Effect.provideService(Embedded.Outbound, http.client)
        )
      const embedded = () => http.requests.flatMap(({ body }) => Object(body).input as ReadonlyArray<string>)

      // The doc of ensure has a key, too: without it among the pages it would be pruned.
      const pages = [...docs, { key: "Hours", title: "Hours", content: "Nine." }]
      const first = yield* start(pages)
      expect([first[0], first[1].created, first[1].unchanged]).toEqual(["created", ["cars", "trains"], ["Hours"]])
      expect(embedded()).toHaveLength(4 + TEXTS.length)
      const second = yield* start(pages)
      expect([second[0], second[1].jobs, second[1].unchanged]).toEqual(["unchanged", [], ["cars", "trains", "Hours"]])
      expect(second[2]).toEqual(first[2])
      expect(embedded()).toHaveLength(4 + TEXTS.length)
      const third = yield* start(pages.map((page) => (page.key === "trains" ? { ...page, content: "buses" } : page)))
      expect([third[0], third[1].updated]).toEqual(["unchanged", ["trains"]])
      expect(embedded().slice(4 + TEXTS.length)).toEqual([expect.stringContaining("buses")])
    })
  )
})
