import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { EntryRow, Storage, Talk, Turn } from "../../../src/engine/ports/Storage.js"
import { entriesIndex } from "../../../src/engine/storage/EntriesIndex.js"
import { initialSchema } from "../../../src/engine/storage/InitialSchema.js"
import * as Registry from "../../../src/engine/storage/libsql/Registry.js"
import { agentRow, alice, counts, entryRow, memoryRow, sessionRow, userRow, withStore } from "./support/store.js"

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
        const talk: Talk = user_id === null ? { session_id: row.id } : { session_id: row.id, agent_id, user_id }
        return { ...row, talk }
      })
    return {
      agent,
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

const textsOf = (items: ReadonlyArray<Turn>) => items.map(({ entry }) => entry.content)

describe("entries.search", () => {
  const found = (store: Storage.Service, talk: Talk, text: string, limit = 10) =>
    Effect.map(store.entries.search(alice, talk, text, limit), ({ items }) => items)
  const texts = (store: Storage.Service, talk: Talk, text: string) => Effect.map(found(store, talk, text), textsOf)

  it.effect("finds what both speakers said, and what stands beside it", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { first } = yield* scene(store)
        const [asked, tool, answer, after, far] = [
          say("What is my dog called?"),
          say('{"dog":1}', { role: "function", name: "look_up" }),
          reply("Rex!"),
          say("Thank you."),
          say("And the weather?")
        ]
        yield* store.entries.append(alice, first.id, [say("Hello."), asked, tool, answer, after, far])
        const items = yield* found(store, first.talk, "the name of the dogs")
        expect(textsOf(items)).toEqual(["What is my dog called?", "Hello.", "Rex!"])
        expect(items[0]).toEqual({
          entry: asked,
          session_id: first.id,
          score: expect.any(Number),
          beside: [expect.any(String), answer.id]
        })
        expect(items.map(({ score }) => score > 0)).toEqual([true, false, false])
        expect(items[2]!.beside).toEqual([asked.id])
        expect(textsOf(yield* found(store, first.talk, "Rex"))).toContain("Rex!")
      })
    )
  )

  it.effect("knows how common each word is among the turns it searches", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { bens, first, second } = yield* scene(store)
        yield* store.entries.append(alice, first.id, [say("tea and cake"), say("more tea")])
        yield* store.entries.append(alice, second.id, [say("teas")])
        yield* store.entries.append(alice, bens.id, [say("tea"), say("cake")])
        const { rows, words } = yield* store.entries.search(alice, first.talk, "Cake, tea or coffee?", 10)
        expect(rows).toBe(3)
        expect(words).toEqual([
          { word: "cake", rows: 1 },
          { word: "tea", rows: 3 },
          { word: "coffee", rows: 0 }
        ])
        expect(yield* store.entries.search(alice, first.talk, "?!", 10)).toEqual({ rows: 0, words: [], items: [] })
      })
    )
  )

  it.effect("is among the sessions of one agent with one user, and a userless session has only itself", () =>
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
        expect(yield* texts(store, first.talk, "comet")).toEqual(["comet one", "comet two"])
        expect(yield* texts(store, second.talk, "comet")).toEqual(["comet one", "comet two"])
        expect(yield* texts(store, bens.talk, "comet")).toEqual(["comet Ben"])
        expect(yield* texts(store, others.talk, "comet")).toEqual(["comet other"])
        expect(yield* texts(store, userless.talk, "comet")).toEqual(["comet nobody"])
        yield* store.entries.clear(alice, first.id)
        expect(yield* texts(store, second.talk, "comet")).toEqual(["comet two"])
      })
    )
  )

  it.effect("leaves what is not shared in its own session", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { first, second } = yield* scene(store)
        yield* store.entries.append(alice, first.id, [say("a secret comet")], false)
        expect(yield* texts(store, first.talk, "comet")).toEqual(["a secret comet"])
        expect(yield* texts(store, second.talk, "comet")).toEqual([])
      })
    )
  )

  it.effect("does not share the sources of a memory that was forgotten", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { agent, first, second, uma } = yield* scene(store)
        const [told, kept] = [say("I fear comets"), say("I like comets")]
        yield* store.entries.append(alice, first.id, [told, kept])
        const memory = memoryRow({ agent_id: agent.id, user_id: uma.id, source_message_ids: [told.id] })
        yield* store.memories.remember(alice, memory)
        expect(yield* texts(store, second.talk, "comets")).toHaveLength(2)
        yield* store.memories.remove(alice, agent.id, memory.id)
        // Nor does it come with what stands beside it.
        expect(yield* texts(store, second.talk, "comets")).toEqual(["I like comets"])
        expect(yield* texts(store, first.talk, "comets")).toHaveLength(2)
        expect(yield* counts).toMatchObject({ entries: 2, entries_fts: 2 })
      })
    )
  )

  it.effect("reads the text of messages in parts, of any script, and the names of speakers", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { first } = yield* scene(store)
        const image = { type: "image_url", image_url: { url: "https://example.com/comet.png", detail: "low" } } as const
        const parts = say([
          { type: "text", text: "Look at \0 my \ud800 kite" },
          image,
          { type: "text", text: "It flies" }
        ])
        const japanese = say("来年の春に京都で桜を見る予定です")
        const named = say("Nothing special", { name: "Zoe" })
        for (const entry of [parts, japanese, named]) yield* store.entries.append(alice, first.id, [entry])
        const hits = (text: string) =>
          Effect.map(found(store, first.talk, text), (items) =>
            items.filter(({ score }) => score > 0).map(({ entry }) => entry.id)
          )
        expect(yield* hits("kites")).toEqual([parts.id])
        expect(yield* hits("flies")).toEqual([parts.id])
        expect(yield* hits("comet png")).toEqual([])
        expect(yield* hits("京都の桜")).toEqual([japanese.id])
        expect(yield* hits("What did Zoe say?")).toEqual([named.id])
      })
    )
  )

  it.effect("has the turns that were there before the index", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* initialSchema
      const row = { developer_id: alice, created_at: 1, metadata: "{}", findable: "[]" }
      const named = { ...row, about: "", updated_at: 1 }
      const agent = { ...named, agent_id: "a", name: "Ada", instructions: "[]", default_settings: "{}" }
      const session = { ...row, session_id: "s", agent_id: "a", user_id: "u", updated_at: 1 }
      yield* sql`INSERT INTO agents ${sql.insert(agent)}`
      yield* sql`INSERT INTO users ${sql.insert({ ...named, user_id: "u", name: "Uma" })}`
      yield* sql`INSERT INTO sessions ${sql.insert({ ...session, situation: "", render_templates: 0 })}`
      const contents = [JSON.stringify("a comet"), '[{"type":"text","text":"桜の花"}]', "not JSON"]
      for (const [index, content] of contents.entries()) {
        const entry = {
          developer_id: alice,
          entry_id: `e${index}`,
          session_id: "s",
          aborted: 0,
          created_at: 1,
          content
        }
        const role = index === 2 ? "function" : "user"
        yield* sql`INSERT INTO entries ${sql.insert({ ...entry, role })}`
      }
      yield* entriesIndex
      const find = (match: string) => sql`SELECT rowid FROM entries_fts WHERE entries_fts MATCH ${match}`
      expect(yield* find("body : comets")).toEqual([{ rowid: 1 }])
      expect(yield* find('body : "の花"')).toEqual([{ rowid: 2 }])
      expect(yield* sql`SELECT count(*) AS n FROM entries_fts`).toEqual([{ n: 2 }])
    }).pipe(Effect.provide(Registry.layer({ filename: ":memory:" })))
  )
})
