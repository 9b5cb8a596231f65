import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type EntryRow, Storage, type StorageError } from "../../../../src/engine/ports/Storage.js"
import { estimateTokens } from "../../../../src/engine/ports/Tokenizer.js"
import { Bounded } from "../../../../src/engine/text/Bounded.js"
import * as History from "../../../../src/engine/usecases/chat/History.js"
import { costOf } from "../../../../src/engine/usecases/prompt/Budget.js"
import { some } from "../../../support/storage/rows.js"
import { agentRow, alice, bob, entryRow, sessionRow, withStore } from "../../storage/support/store.js"

/** The reader over a store that counts the rows it gives, and a session to read. */
const reader = Effect.gen(function* () {
  const store = yield* Storage
  const agent = agentRow()
  yield* store.agents.insert(alice, agent)
  let read = 0
  const counted = (rows: Effect.Effect<ReadonlyArray<EntryRow>, StorageError>) =>
    Effect.tap(rows, (all) => {
      read += all.length
    })
  const watched: Storage.Service = {
    ...store,
    entries: {
      ...store.entries,
      list: (...args) => Effect.tap(store.entries.list(...args), ({ rows }) => counted(Effect.succeed(rows)))
    }
  }
  const history = yield* Effect.provideService(History.make, Storage, watched)
  /** A new session of the agent. */
  const open = Effect.gen(function* () {
    const session = sessionRow({ agent_id: agent.id })
    yield* store.sessions.insert(alice, session)
    return {
      append: (rows: ReadonlyArray<EntryRow>) => store.entries.append(alice, session.id, rows),
      clear: store.entries.clear(alice, session.id),
      knownTo: (developer: string) => history.known(developer, session.id),
      newest: (budget: number, count = estimateTokens) =>
        Effect.gen(function* () {
          const known = history.known(alice, session.id)
          const newer = yield* Effect.map(store.sessions.participants(alice, session.id, known), some)
          const appended = yield* counted(Effect.succeed(newer.newer.map(({ entry }) => entry)))
          const rows = yield* history.read(alice, session, appended, budget, count)
          return rows.map(({ content }) => content)
        })
    }
  })
  return {
    ...(yield* open),
    open,
    transaction: store.transaction,
    /** How many rows an effect reads. */
    rowsOf: <A, E>(effect: Effect.Effect<A, E>) =>
      Effect.suspend(() => {
        const before = read
        return Effect.map(effect, () => read - before)
      })
  }
})

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => entryRow({ content: `message ${from + index}` }))
const texts = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `message ${from + index}`)
const cost = costOf(entryRow({ content: "message 10000" }), estimateTokens)

describe("the newest messages of a session", () => {
  it.effect("reads what a budget holds and a page more at most, however many there are", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { append, newest, rowsOf } = yield* reader
        yield* append(numbered(5000, 10_000))
        const rows = yield* rowsOf(newest(100 * cost))
        expect(rows).toBeGreaterThan(100)
        expect(rows).toBeLessThanOrEqual(100 + History.HISTORY_PAGE)
        const found = yield* newest(100 * cost)
        expect(found).toEqual(texts(101, 14_899))
      })
    )
  )

  it.effect("are cached for their developer alone: an import may give another one a session of the same id", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { append, knownTo, newest } = yield* reader
        const [row] = numbered(1)
        yield* append(row === undefined ? [] : [row])
        yield* newest(100 * cost)
        expect([knownTo(alice), knownTo(bob)]).toEqual([row?.id, undefined])
      })
    )
  )

  it.effect("begins with the question of a run of which it has the newest calls only, in memory or not", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { append, newest, open, rowsOf } = yield* reader
        const results = (count: number, from = 0) =>
          numbered(count, from).map((row) => ({ ...row, role: "function" as const }))
        yield* append([entryRow({ content: "before" }), entryRow({ content: "the question" }), ...results(300, 10_000)])
        expect((yield* newest(100 * cost))[0]).toBe("the question")
        expect(yield* newest(100 * cost)).toEqual(["the question", ...texts(101, 10_199)])
        yield* append(results(1, 10_300))
        expect(yield* rowsOf(newest(100 * cost))).toBe(2)
        expect(yield* newest(100 * cost)).toEqual(["the question", ...texts(101, 10_200)])
        yield* append([entryRow({ content: "message 10301" })])
        expect(yield* newest(100 * cost)).toEqual(texts(101, 10_201))
        yield* append(results(200, 10_302))
        expect((yield* newest(100 * cost))[0]).toBe("message 10301")

        const endless = yield* open
        yield* endless.append(results(2000))
        expect(yield* endless.newest(100 * cost)).not.toContain("the question")
        expect(yield* rowsOf(endless.newest(100 * cost))).toBeLessThan(History.HISTORY_PAGE)
      })
    )
  )

  it.effect("reads only what was appended since the turn before", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { append, newest, rowsOf } = yield* reader
        yield* append(numbered(1000))
        yield* newest(100 * cost)
        for (let turn = 0; turn < 50; turn++) {
          yield* append(numbered(2, 1000 + 2 * turn))
          expect(yield* rowsOf(newest(100 * cost))).toBe(3)
        }
        const found = yield* newest(100 * cost)
        expect(found.slice(-100)).toEqual(texts(100, 1000))
        expect(found.length).toBeLessThanOrEqual(110)
      })
    )
  )

  it.effect("a larger budget reads further back, a smaller one gives less", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { append, newest, rowsOf } = yield* reader
        yield* append(numbered(1000, 10_000))
        yield* newest(10 * cost)
        expect((yield* newest(500 * cost)).slice(-500)).toEqual(texts(500, 10_500))
        expect(yield* newest(10 * cost)).toEqual(texts(11, 10_989))
        expect(yield* newest(1e6)).toEqual(texts(1000, 10_000))
        expect(yield* rowsOf(newest(1e6))).toBe(1)
      })
    )
  )

  it.effect("counts the messages anew for another model, and for a budget that old results of tools have less of", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { append, newest } = yield* reader
        yield* append(numbered(100, 10_000))
        yield* newest(1e6)
        expect(yield* newest(50 * cost)).toEqual(texts(51, 10_049))
        const twice = (text: string) => 2 * estimateTokens(text)
        const costTwice = costOf(entryRow({ content: "message 10000" }), twice)
        expect(yield* newest(20 * costTwice, twice)).toEqual(texts(21, 10_079))
        yield* append([entryRow({ role: "function", content: "r".repeat(100_000) }), ...numbered(1, 10_100)])
        expect(yield* newest(1e6)).toHaveLength(102)
        // The result counts as 100 tokens, the least that an old one is cut to.
        const found = yield* newest(80 * cost)
        expect(found.length).toBe(70)
        expect(yield* newest(80 * cost)).toEqual(found)
      })
    )
  )

  it.effect("deleted history is not read, also after new messages", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { append, clear, newest } = yield* reader
        yield* append(numbered(200))
        yield* newest(1e6)
        yield* clear
        expect(yield* newest(1e6)).toEqual([])
        yield* append(numbered(3))
        expect(yield* newest(1e6)).toEqual(texts(3))
        yield* clear
        yield* append(numbered(2, 7))
        expect(yield* newest(1e6)).toEqual(texts(2, 7))
      })
    )
  )

  it.effect("a message that was rolled back is not read, though the next one takes its number", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { append, newest, transaction } = yield* reader
        yield* append(numbered(2))
        const undone = Effect.zipRight(append(numbered(1, 66)), Effect.zipRight(newest(1e6), Effect.fail("undo")))
        yield* Effect.flip(transaction(undone))
        yield* append(numbered(1, 2))
        expect(yield* newest(1e6)).toEqual(texts(3))
      })
    )
  )

  it.effect("stays in memory while other sessions have their turns", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { open, rowsOf } = yield* reader
        const sessions = yield* Effect.replicateEffect(open, 30)
        for (const { append, newest } of sessions) {
          yield* append(numbered(20))
          yield* newest(1e6)
        }
        for (const { newest } of sessions) expect(yield* rowsOf(newest(1e6))).toBe(1)
      })
    )
  )

  it.effect("of the sessions that had their turns last stays in memory, up to millions of characters", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { open, rowsOf } = yield* reader
        const sessions = yield* Effect.replicateEffect(open, 12)
        const message = () => entryRow({ role: "system", content: "x".repeat(1_000_000) })
        for (const { append, newest } of sessions) {
          yield* append([message(), message()])
          yield* newest(1e9)
        }
        const [oldest, newest] = [sessions[0], sessions.at(-1)]
        expect(yield* rowsOf(newest!.newest(1e9))).toBe(1)
        expect(yield* rowsOf(oldest!.newest(1e9))).toBe(2)
      })
    )
  )
})

describe("the cache of sessions", () => {
  it("holds a bounded number of sessions, also of those without text", () => {
    const cache = new Bounded<number, Parameters<typeof History.weightOf>[0]>(100_000, History.weightOf)
    const entries = [entryRow({ content: "" })]
    for (let session = 0; session < 10_000; session++) cache.set(session, { entries, characters: 0 })
    const held = Array.from({ length: 10_000 }, (_, session) => cache.get(session)).filter((one) => one !== undefined)
    expect(held.length).toBeLessThanOrEqual(100)
  })
})
