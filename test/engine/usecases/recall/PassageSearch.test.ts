import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Owner, Storage } from "../../../../src/engine/ports/Storage.js"
import * as PassageSearch from "../../../../src/engine/usecases/recall/PassageSearch.js"
import { agentRow, alice, bob, docRow, storeOn } from "../../storage/support/store.js"

/** An agent, a search of its docs, and the row ids that the search reads from the store. */
const scene = Effect.gen(function* () {
  const store = yield* Storage
  const agent = agentRow()
  yield* store.agents.insert(alice, agent)
  const owner: Owner = { kind: "agent", id: agent.id }
  const reads: Array<number> = []
  const docs: typeof store.docs = {
    ...store.docs,
    at: (developer, rowIds) => {
      reads.push(...rowIds)
      return store.docs.at(developer, rowIds)
    }
  }
  const { byWords, read } = yield* Effect.provideService(PassageSearch.make, Storage, { ...store, docs })
  return {
    reads,
    read,
    write: (title: string, ...passages: ReadonlyArray<string>) =>
      Effect.tap(Effect.succeed(docRow(owner, { title })), (doc) => store.docs.insert(alice, doc, passages)),
    remove: (id: string) => store.docs.remove(alice, owner, id),
    search: (text: string) =>
      Effect.map(byWords(alice, [owner], text), (found) => found.map(({ title, text }) => `${title}: ${text}`))
  }
})

it.effect("where more passages match than are ranked, the best are", () =>
  Effect.gen(function* () {
    const { reads, search, write } = yield* scene
    yield* write("Comets", "what they are")
    for (let n = 0; n < 100; n++) yield* write("Sky", `night ${n} without comets`)
    const found = yield* search("comets")
    expect(found).toHaveLength(60)
    expect(found[0]).toBe("Comets: what they are")
    expect(reads).toHaveLength(60)
  }).pipe(Effect.provide(storeOn()))
)

it.effect("a rare word finds its passages among thousands that contain the common ones", () =>
  Effect.gen(function* () {
    const { search, write } = yield* scene
    yield* write("Sky", ...Array.from({ length: 2100 }, (_, night) => `the comet of night ${night}`))
    yield* write("Sky", "the comet of Halley")
    yield* write("Sky", ...Array.from({ length: 100 }, () => "the comet again"))
    expect((yield* search("Which comet is Halley?"))[0]).toBe("Sky: the comet of Halley")
  }).pipe(Effect.provide(storeOn()))
)

it.effect("a passage is read once, and no longer found after its doc is deleted", () =>
  Effect.gen(function* () {
    const { reads, remove, search, write } = yield* scene
    const doc = yield* write("A", "comets")
    yield* write("B", "comets and tea")
    expect(yield* search("comets")).toEqual(["A: comets", "B: comets and tea"])
    expect(yield* search("comets")).toHaveLength(2)
    expect(yield* search("tea")).toEqual(["B: comets and tea"])
    expect(reads).toHaveLength(2)
    yield* remove(doc.id)
    expect(yield* search("comets")).toEqual(["B: comets and tea"])
    expect(reads).toHaveLength(2)
  }).pipe(Effect.provide(storeOn()))
)

it.effect("a cached passage is served to its own developer alone", () =>
  Effect.gen(function* () {
    const { read, reads, search, write } = yield* scene
    yield* write("A", "comets")
    yield* search("comets")
    expect(yield* read(alice, reads)).toHaveLength(1)
    expect(reads).toHaveLength(1)
    expect(yield* read(bob, [...reads])).toEqual([])
  }).pipe(Effect.provide(storeOn()))
)
