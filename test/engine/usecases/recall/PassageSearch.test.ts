import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Owner, Storage } from "../../../../src/engine/ports/Storage.js"
import * as PassageSearch from "../../../../src/engine/usecases/recall/PassageSearch.js"
import type { JsonObject } from "../../../../src/schema/Field.js"
import { agentRow, alice, bob, docRow, storeOn, userRow } from "../../storage/support/store.js"

/** An agent and a user, a search of their docs, and the row ids that the search reads from the store. */
const scene = Effect.gen(function* () {
  const store = yield* Storage
  const [agent, user] = [agentRow(), userRow()]
  yield* store.agents.insert(alice, agent)
  yield* store.users.insert(alice, user)
  const owner: Owner = { kind: "agent", id: agent.id }
  const ofUser: Owner = { kind: "user", id: user.id }
  const reads: Array<number> = []
  const docs: typeof store.docs = {
    ...store.docs,
    at: (developer, rowIds) => {
      reads.push(...rowIds)
      return store.docs.at(developer, rowIds)
    }
  }
  const { byWords, read } = yield* Effect.provideService(PassageSearch.make, Storage, { ...store, docs })
  const writeOf =
    (of: Owner, metadata: JsonObject = {}) =>
    (title: string, ...passages: ReadonlyArray<string>) =>
      Effect.tap(Effect.succeed(docRow(of, { title, metadata })), (doc) => store.docs.insert(alice, doc, passages))
  return {
    byWords,
    owner,
    ofUser,
    reads,
    read,
    store,
    write: writeOf(owner),
    writeOf,
    remove: (id: string) => store.docs.remove(alice, owner, id),
    search: (text: string) =>
      Effect.map(byWords(alice, [owner], text), (found) => found.map(({ title, text }) => `${title}: ${text}`))
  }
})

/** As many texts as there are numbers below `count`. */
const texts = (count: number, text: (number: number) => string) => Array.from({ length: count }, (_, n) => text(n))

it.effect("where more passages match than are read, those with the most of the query's words are read and ranked", () =>
  Effect.gen(function* () {
    const { reads, search, write } = yield* scene
    yield* write("Sky", ...texts(150, (n) => `night ${n} without comets`))
    yield* write("Comets", "what they are, at night")
    yield* write("Sky", ...texts(150, (n) => `night ${150 + n} without comets`))
    const found = yield* search("comets of the night")
    expect(found).toHaveLength(100)
    expect(found[0]).toBe("Comets: what they are, at night")
    expect(reads).toHaveLength(200)
  }).pipe(Effect.provide(storeOn()))
)

it.effect("a doc that is replaced after it was found is found as it is then", () =>
  Effect.gen(function* () {
    const { owner, remove, store, write } = yield* scene
    const old = yield* write("Lamp", "it burns whale oil")
    let replaced = 0
    const replacing: typeof store.docs = {
      ...store.docs,
      at: (developer, rowIds) =>
        Effect.zipRight(
          replaced++ > 0 ? Effect.void : Effect.zipRight(remove(old.id), write("Lamp", "it burns rape oil")),
          store.docs.at(developer, rowIds)
        )
    }
    const { byWords } = yield* Effect.provideService(PassageSearch.make, Storage, { ...store, docs: replacing })
    expect((yield* byWords(alice, [owner], "lamp oil")).map(({ text }) => text)).toEqual(["it burns rape oil"])
  }).pipe(Effect.provide(storeOn()))
)

it.effect("a search ends where docs are gone each time that it reads them", () =>
  Effect.gen(function* () {
    const { owner, store, write } = yield* scene
    yield* write("Lamp", "it burns oil")
    let reads = 0
    const gone: typeof store.docs = {
      ...store.docs,
      at: () =>
        Effect.as(
          Effect.sync(() => reads++),
          []
        )
    }
    const { byWords } = yield* Effect.provideService(PassageSearch.make, Storage, { ...store, docs: gone })
    expect(yield* byWords(alice, [owner], "lamp oil")).toEqual([])
    expect(reads).toBe(3)
  }).pipe(Effect.provide(storeOn()))
)

it.effect("a text that hundreds of docs repeat is read and ranked as one passage, and names them all", () =>
  Effect.gen(function* () {
    const { byWords, owner, reads, write } = yield* scene
    yield* Effect.forEach(texts(300, String), () => write("Notice", "the night of the comets, again and again"))
    yield* write("Other", "the night of the comets, again and again")
    yield* write("Sky", ...texts(60, (n) => `night ${n} without them`))
    const [first, ...others] = yield* byWords(alice, [owner], "comets of the night")
    expect(first).toMatchObject({ title: "Notice" })
    expect(first?.copies).toHaveLength(299)
    expect(new Set([first, ...(first?.copies ?? [])].map((each) => each?.doc_id)).size).toBe(300)
    expect(others[0]).toMatchObject({ title: "Other" })
    expect(others).toHaveLength(61)
    expect(reads).toHaveLength(361)
  }).pipe(Effect.provide(storeOn()))
)

it.effect("ten thousand passages of ordinary length stay in memory", () =>
  Effect.gen(function* () {
    const { owner, store } = yield* scene
    const text = "and other words ".repeat(31)
    let reads = 0
    const at: typeof store.docs.at = (_, rowIds) => {
      reads += rowIds.length
      return Effect.succeed(rowIds.map((rowId) => ({ rowId, doc_id: "doc", owner, title: "Sky", index: rowId, text })))
    }
    const { read } = yield* Effect.provideService(PassageSearch.make, Storage, {
      ...store,
      docs: { ...store.docs, at }
    })
    const rowIds = Array.from({ length: 10_000 }, (_, rowId) => rowId)
    yield* read(alice, rowIds)
    expect(yield* read(alice, rowIds)).toHaveLength(rowIds.length)
    expect(reads).toBe(rowIds.length)
  }).pipe(Effect.provide(storeOn()))
)

it.effect("of passages with the same words of the query, the shortest and those that repeat them are ranked", () =>
  Effect.gen(function* () {
    const { search, write } = yield* scene
    yield* write("Sky", ...texts(100, (n) => `comet ${n} ${"and other words ".repeat(20)}`))
    yield* write("Sky", "a comet, comets and one comet", "comet")
    expect((yield* search("comets")).slice(0, 2).toSorted()).toEqual([
      "Sky: a comet, comets and one comet",
      "Sky: comet"
    ])
  }).pipe(Effect.provide(storeOn()))
)

it.effect("a rare word finds its passages among thousands that contain the common ones", () =>
  Effect.gen(function* () {
    const { search, write } = yield* scene
    yield* write("Sky", ...texts(2100, (night) => `the comet of night ${night}`))
    yield* write("Sky", "the comet of Halley")
    yield* write("Sky", ...texts(100, () => "the comet again"))
    expect((yield* search("Which comet is Halley?"))[0]).toBe("Sky: the comet of Halley")
  }).pipe(Effect.provide(storeOn()))
)

it.effect("where thousands of passages contain each word, the oldest of them are found, too", () =>
  Effect.gen(function* () {
    const { search, write } = yield* scene
    yield* write("Night", "the comet")
    yield* write(
      "Sky",
      ...texts(1100, () => "a comet"),
      ...texts(1100, () => "a night"),
      ...texts(1100, () => "a night comet")
    )
    expect((yield* search("comet at night"))[0]).toBe("Night: the comet")
  }).pipe(Effect.provide(storeOn()))
)

it.effect("docs of other owners and of other developers change neither the ranking of an owner nor its scores", () =>
  Effect.gen(function* () {
    const { byWords, owner, ofUser, store, write, writeOf } = yield* scene
    const long = (comets: number, words: number) => `${"comet ".repeat(comets)}${"and other words ".repeat(words)}`
    yield* write("Sky", ...texts(70, (n) => `${n} ${long(1, 1)}`), ...texts(70, (n) => `${n} ${long(3, 20)}`))
    const search = Effect.map(byWords(alice, [owner], "comet"), (found) =>
      found.map(({ rowId, score }) => [rowId, score])
    )
    const before = yield* search
    expect(before).toHaveLength(100)
    yield* writeOf(ofUser)("Comets", ...texts(60, () => long(1, 1000)))
    expect(yield* search).toEqual(before)
    const agent = agentRow()
    yield* store.agents.insert(bob, agent)
    yield* store.docs.insert(
      bob,
      docRow({ kind: "agent", id: agent.id }),
      texts(300, () => "tea")
    )
    expect(yield* search).toEqual(before)
  }).pipe(Effect.provide(storeOn()))
)

it.effect("an owner with two passages, two owners together, and a metadata filter", () =>
  Effect.gen(function* () {
    const { byWords, owner, ofUser, write, writeOf } = yield* scene
    yield* write("Sky", "a comet with a tail", "tea at night")
    const search = (owners: ReadonlyArray<Owner>, filter?: JsonObject) =>
      Effect.map(byWords(alice, owners, "comet tail", filter), (found) => found.map(({ text }) => text))
    expect(yield* search([owner])).toEqual(["a comet with a tail"])
    yield* writeOf(ofUser, { kind: "note" })("Mine", "a comet", "nothing")
    yield* writeOf(owner, { kind: "note" })("Tail", "of cats")
    expect(yield* search([owner, ofUser])).toEqual(["a comet with a tail", "of cats", "a comet"])
    expect(yield* search([ofUser])).toEqual(["a comet"])
    expect(yield* search([owner, ofUser], { kind: "note" })).toEqual(["of cats", "a comet"])
    expect(yield* search([owner], { kind: "none" })).toEqual([])
    expect(yield* search([])).toEqual([])
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
