/** The search of turns, and of an agent's memories of a user, by words. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import type { EntryRow, Storage } from "../../../src/engine/ports/Storage.js"
import { parseQuery } from "../../../src/engine/text/Words.js"
import { counts, type Database, storesOf } from "../../support/storage/database.js"
import { agentRow, alice, entryRow, memoryRow, sessionRow, userRow } from "../../support/storage/rows.js"
import { limits, turnsOf } from "../../support/storage/search.js"

/** An agent with two users: the first has two sessions, the second has one, and one session has no user. */
const scene = (store: Storage.Service) =>
  Effect.gen(function* () {
    const [agent, other] = [agentRow(), agentRow()]
    const [uma, ben] = [userRow(), userRow()]
    yield* store.agents.insert(alice, agent)
    yield* store.agents.insert(alice, other)
    yield* store.users.insert(alice, uma)
    yield* store.users.insert(alice, ben)
    const session = (user_id: string | null, agent_id = agent.id) =>
      Effect.gen(function* () {
        const row = sessionRow({ agent_id, user_id })
        yield* store.sessions.insert(alice, row)
        return row
      })
    return {
      agent,
      ben,
      uma,
      first: yield* session(uma.id),
      second: yield* session(uma.id),
      bens: yield* session(ben.id),
      others: yield* session(uma.id, other.id),
      userless: yield* session(null)
    }
  })

const say = (content: EntryRow["content"], row: Partial<EntryRow> = {}) => entryRow({ content, ...row })
const reply = (content: string) => say(content, { role: "assistant", name: "Ada" })
/** What a search reads of a message. */
const read = (row: EntryRow) => Struct.pick(row, "id", "role", "name", "content", "from_model", "created_at")

export const turnSearch = (database: Database) => {
  const withStore = storesOf(database)

  describe("the search of turns", () => {
    const found = (store: Storage.Service, session: string, text: string) => turnsOf(store, alice, session, text)
    const texts = (store: Storage.Service, session: string, text: string) =>
      Effect.map(found(store, session, text), (turns) => turns.map(({ entry }) => entry.content))

    it.effect("finds turns of both speakers, and the turns up to two before and after them", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { first } = yield* scene(store)
          const [greeting, question, tool, answer, after, far] = [
            say("Hello."),
            say("What is my dog called?"),
            say('{"dog":1}', { role: "function", name: "look_up" }),
            reply("Rex!"),
            say("Thank you."),
            say("And the weather?")
          ]
          yield* store.entries.append(alice, first.id, [greeting, question, tool, answer, after, far])
          expect(yield* found(store, first.id, "the name of the dogs")).toEqual([
            { rowId: expect.any(Number), session_id: first.id, entry: read(question), score: expect.any(Number) },
            { rowId: expect.any(Number), session_id: first.id, entry: read(answer), score: expect.any(Number) },
            { rowId: expect.any(Number), session_id: first.id, entry: read(greeting), score: expect.any(Number) },
            { rowId: expect.any(Number), session_id: first.id, entry: read(after), score: expect.any(Number) }
          ])
          expect(yield* texts(store, first.id, "Rex")).toEqual([
            "Rex!",
            "Thank you.",
            "What is my dog called?",
            "And the weather?",
            "Hello."
          ])
        })
      )
    )

    it.effect("gives the turns of a session consecutive row ids, whatever is written between them", () =>
      withStore((store, { turnNumbers }) =>
        Effect.gen(function* () {
          const { first, second } = yield* scene(store)
          const many = Array.from({ length: 250 }, (_, n) => say(`turn ${n}`))
          yield* store.entries.append(alice, first.id, [
            say("one"),
            say("a call", { role: "function_call" }),
            reply("two")
          ])
          yield* store.entries.append(alice, second.id, many)
          yield* store.entries.append(alice, first.id, [say("three")])
          for (const { id } of [first, second]) {
            const turns = yield* turnNumbers(id)
            expect(turns).toEqual(turns.map((_, index) => (turns[0] ?? 0) + index))
          }
          expect(yield* turnNumbers(first.id)).toHaveLength(3)
          expect(yield* turnNumbers(second.id)).toHaveLength(250)
        })
      )
    )

    it.effect("finds the row ids of the messages that a session can recall, and of no others", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, bens, first, others, second, uma, userless } = yield* scene(store)
          const [own, shared, kept, ofBen, ofOther, ofNone, gone, tool] = [
            say("own"),
            say("shared"),
            say("kept"),
            say("Ben's"),
            say("another agent's"),
            say("of no user"),
            say("forgotten"),
            say("result", { role: "function" })
          ]
          yield* store.entries.append(alice, first.id, [own, tool], { shared: false })
          yield* store.entries.append(alice, second.id, [shared, gone])
          yield* store.entries.append(alice, second.id, [kept], { shared: false })
          yield* store.entries.append(alice, bens.id, [ofBen])
          yield* store.entries.append(alice, others.id, [ofOther])
          yield* store.entries.append(alice, userless.id, [ofNone])
          const memory = memoryRow({ agent_id: agent.id, user_id: uma.id, source_message_ids: [gone.id] })
          yield* store.memories.remember(alice, memory)
          yield* store.memories.remove(alice, agent.id, memory.id)
          const ids = [own, shared, kept, ofBen, ofOther, ofNone, gone, tool].map(({ id }) => id)
          const found = yield* store.entries.rowIds(alice, first.id, ids)
          expect([...found.keys()].toSorted()).toEqual([own.id, shared.id].toSorted())
          expect((yield* store.entries.turns(alice, first.id, [...found.values()])).map(({ entry }) => entry)).toEqual(
            expect.arrayContaining([read(own), read(shared)])
          )
          expect([...(yield* store.entries.rowIds(alice, userless.id, ids)).keys()]).toEqual([ofNone.id])
        })
      )
    )

    it.effect("counts the turns it searches, and returns those with each word, newest first", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { bens, first, second } = yield* scene(store)
          yield* store.entries.append(alice, first.id, [say("tea and cake"), say("more tea")])
          yield* store.entries.append(alice, second.id, [say("teas")])
          yield* store.entries.append(alice, bens.id, [say("tea"), say("cake")])
          const { postings, rows } = (yield* store.entries.find(
            alice,
            first.id,
            parseQuery("Cake, tea or coffee?"),
            limits
          )).turns
          expect(rows).toBe(3)
          expect(postings.map(({ length }) => length)).toEqual([1, 3, 0])
          for (const each of postings) expect(each).toEqual(each.toSorted((one, other) => other - one))
          const nowhere = { rows: 0, postings: [] }
          const found = yield* store.entries.find(alice, first.id, parseQuery("?!"), limits)
          expect(found).toEqual({ turns: nowhere, memories: nowhere })
        })
      )
    )

    it.effect("counts up to the limit, and finds the newest turns of a common word", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { first } = yield* scene(store)
          const turns = Array.from({ length: 2100 }, (_, n) => say(`tea ${n}`))
          yield* store.entries.append(alice, first.id, turns)
          const { postings, rows } = (yield* store.entries.find(alice, first.id, parseQuery("tea 2099"), limits)).turns
          expect(rows).toBe(limits.rows)
          expect(postings.map(({ length }) => length)).toEqual([2000, 1])
          expect(postings[0]?.[0]).toBe(postings[1]?.[0])
        })
      )
    )

    it.effect("finds a word without a stemmer in its other forms, unless 500 turns have it as it is", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { first } = yield* scene(store)
          const find = (text: string) =>
            Effect.map(store.entries.find(alice, first.id, parseQuery(text), limits), ({ turns }) =>
              turns.postings.map(({ length }) => length)
            )
          yield* store.entries.append(alice, first.id, [
            say("словами"),
            ...Array.from({ length: 499 }, () => say("слова"))
          ])
          expect(yield* find("слова словами и")).toEqual([500, 500, 0])
          yield* store.entries.append(alice, first.id, [say("слова и дела")])
          expect(yield* find("слова словами и")).toEqual([500, 501, 1])
        })
      )
    )

    it.effect("covers the sessions of one agent with one user; a session without a user covers only itself", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { bens, first, others, second, userless } = yield* scene(store)
          for (const [session, text] of [
            [first, "comet one"],
            [second, "comet two"],
            [bens, "comet Ben"],
            [others, "comet other"],
            [userless, "comet nobody"]
          ] as const) {
            yield* store.entries.append(alice, session.id, [say(text)])
          }
          expect(yield* texts(store, first.id, "comet")).toEqual(["comet two", "comet one"])
          expect(yield* texts(store, second.id, "comet")).toEqual(["comet two", "comet one"])
          expect(yield* texts(store, bens.id, "comet")).toEqual(["comet Ben"])
          expect(yield* texts(store, others.id, "comet")).toEqual(["comet other"])
          expect(yield* texts(store, userless.id, "comet")).toEqual(["comet nobody"])
          yield* store.entries.clear(alice, first.id)
          expect(yield* texts(store, second.id, "comet")).toEqual(["comet two"])
        })
      )
    )

    it.effect("finds turns that are not shared in their own session alone", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { first, second } = yield* scene(store)
          yield* store.entries.append(alice, first.id, [say("a secret comet")], { shared: false })
          expect(yield* texts(store, first.id, "comet")).toEqual(["a secret comet"])
          expect(yield* texts(store, second.id, "comet")).toEqual([])
        })
      )
    )

    it.effect("finds what was refused and is asked again, and nothing that is still refused", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { first } = yield* scene(store)
          const [again, never] = [say("a comet"), say("another comet")]
          yield* store.entries.append(alice, first.id, [again, never])
          yield* store.entries.refuse(alice, first.id, [again.id, never.id])
          const found = Effect.gen(function* () {
            const { turns } = yield* store.entries.find(alice, first.id, parseQuery("comet"), limits)
            return (yield* store.entries.turns(alice, first.id, turns.postings.flat())).map(({ entry }) => entry)
          })
          expect(yield* found).toEqual([])
          yield* store.entries.moveToEnd(alice, first.id, [again.id])
          expect(yield* found).toEqual([read(again)])
        })
      )
    )

    it.effect("finds the agent's memories of the user with the turns, and no others", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, ben, first, uma } = yield* scene(store)
          const remember = (content: string, user_id: string | null) =>
            Effect.tap(Effect.succeed(memoryRow({ agent_id: agent.id, user_id, content })), (memory) =>
              store.memories.remember(alice, memory)
            )
          const uses = yield* remember("Uma has tea", uma.id)
          yield* remember("Ben has tea", ben.id)
          yield* remember("There is tea", null)
          yield* store.entries.append(alice, first.id, [say("tea"), say("coffee")])
          const { memories, turns } = yield* store.entries.find(alice, first.id, parseQuery("tea"), limits)
          expect(turns).toEqual({ rows: 2, postings: [[expect.any(Number)]] })
          expect(memories).toEqual({ rows: 1, postings: [[expect.any(Number)]] })
          expect(yield* store.memories.at(alice, memories.postings.flat())).toMatchObject([uses])
          expect(
            (yield* store.memories.find(alice, agent.id, uma.id, parseQuery("tea coffee"), limits)).postings
          ).toEqual([memories.postings[0], []])
          expect((yield* store.memories.find(alice, agent.id, undefined, parseQuery("tea"), limits)).rows).toBe(3)
        })
      )
    )

    it.effect("finds turns beside thousands of memories with the same word", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, first, uma } = yield* scene(store)
          yield* store.entries.append(alice, first.id, [say("tea")])
          const memory = (n: number) => memoryRow({ agent_id: agent.id, user_id: uma.id, content: `tea ${n}` })
          yield* store.transaction(
            Effect.forEach(
              Array.from({ length: 4100 }, (_, n) => memory(n)),
              (row) => store.memories.remember(alice, row)
            )
          )
          const { memories, turns } = yield* store.entries.find(alice, first.id, parseQuery("tea"), limits)
          expect([turns, memories].map(({ postings, rows }) => [rows, postings[0]?.length])).toEqual([
            [1, 1],
            [limits.rows, 2000]
          ])
        })
      )
    )

    it.effect("does not find the sources of a memory that was forgotten", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, first, second, uma } = yield* scene(store)
          const [source, kept] = [say("I fear comets"), say("I like comets")]
          yield* store.entries.append(alice, first.id, [source, kept])
          const memory = memoryRow({ agent_id: agent.id, user_id: uma.id, source_message_ids: [source.id] })
          yield* store.memories.remember(alice, memory)
          expect(yield* texts(store, second.id, "comets")).toHaveLength(2)
          yield* store.memories.remove(alice, agent.id, memory.id)
          // Nor is it found as a neighbour.
          expect(yield* texts(store, second.id, "comets")).toEqual(["I like comets"])
          expect(yield* texts(store, first.id, "comets")).toEqual(["I like comets"])
          expect(yield* counts).toMatchObject({ entries: 2, indexed_turns: 1 })
          yield* store.entries.append(alice, first.id, [say("and planets")])
          expect(yield* texts(store, second.id, "comets")).toEqual(["I like comets", "and planets"])
        })
      )
    )

    it.effect("reads the text of messages in parts, of any script, and the names of speakers", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { first } = yield* scene(store)
          const image = {
            type: "image_url",
            image_url: { url: "https://example.com/comet.png", detail: "low" }
          } as const
          const parts = say([
            { type: "text", text: "Look at \0 my \ud800 kite" },
            image,
            { type: "text", text: "It flies" }
          ])
          const japanese = say("来年の春に京都で桜を見る予定です")
          const named = say("Nothing special", { name: "Zoe" })
          for (const entry of [parts, japanese, named]) yield* store.entries.append(alice, first.id, [entry])
          // The turn with all the words; the others are its neighbours.
          const hits = (text: string) =>
            Effect.map(found(store, first.id, text), (turns) =>
              turns.filter(({ score }) => score === 1).map(({ entry }) => entry.id)
            )
          expect(yield* hits("kites")).toEqual([parts.id])
          expect(yield* hits("flies")).toEqual([parts.id])
          expect(yield* hits("comet png")).toEqual([])
          expect(yield* hits("京都")).toEqual([japanese.id])
          expect(yield* hits("桜")).toEqual([japanese.id])
          expect(yield* hits("Zoe")).toEqual([named.id])
        })
      )
    )
  })
}
