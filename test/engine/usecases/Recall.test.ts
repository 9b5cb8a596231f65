import { describe, expect, it } from "@effect/vitest"
import type { Passage } from "../../../src/engine/ports/Storage.js"
import { docIdsOf, queryOf } from "../../../src/engine/usecases/Recall.js"

const passage = (doc_id: string, kind: "agent" | "user", index = 0): Passage => ({
  doc_id,
  owner: { kind, id: "o" },
  title: "T",
  index,
  text: "x",
  score: 1
})

describe("docIdsOf", () => {
  it("has each doc once, best first, by whose it is", () => {
    const passages = [passage("b", "agent", 1), passage("u", "user"), passage("a", "agent"), passage("b", "agent")]
    expect(docIdsOf({ passages })).toEqual({ agent_doc_ids: ["b", "a"], user_doc_ids: ["u"] })
    expect(docIdsOf({ passages: [] })).toEqual({ agent_doc_ids: [], user_doc_ids: [] })
  })
})

describe("queryOf", () => {
  it("is what the user said in this turn, and nobody else", () => {
    const image = { type: "image_url", image_url: { url: "https://x.test/" } } as const
    expect(
      queryOf([
        { role: "system", content: "system" },
        { role: "user", content: "one" },
        { role: "assistant", content: "assistant" },
        { role: "auto", content: [{ type: "text", text: "two" }, image] },
        { role: "function", content: "result" }
      ])
    ).toBe("one\ntwo")
    expect(queryOf([{ role: "user", content: [image] }])).toBe("")
  })
})
