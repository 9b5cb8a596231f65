/**
 * The newest messages of sessions. A turn reads what was appended since the turn before and keeps the rest in memory:
 * reading a full window of rows again for every turn costs more than all else a turn does.
 */
import * as Effect from "effect/Effect"
import { type EntryRow, Storage, type StorageError } from "../../ports/Storage.js"
import type { Count } from "../../ports/Tokenizer.js"
import { Bounded } from "../../text/Bounded.js"
import * as Budget from "../prompt/Budget.js"

/** History is read in pages of this size, newest first, until the budget is full. */
export const HISTORY_PAGE = 64

/** The capacity of the cache, in characters of all sessions together. One session has room for half of it. */
const CACHED_CHARACTERS = 16_000_000

/** The newest messages of one session, oldest first. */
interface Kept {
  readonly entries: ReadonlyArray<EntryRow>
  /** Whether there is nothing before them. */
  readonly whole: boolean
}

const nothing: Kept = { entries: [], whole: false }

/** Images count by their URL, which may hold all of their data. */
const sizeOf = ({ content }: EntryRow): number =>
  typeof content === "string"
    ? content.length
    : content.reduce((sum, part) => sum + (part.type === "text" ? part.text : part.image_url.url).length, 0)

/** Reads the newest messages of a session, oldest first: all that fit a budget of tokens, and a page more at most. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const cache = new Bounded<string, Kept & { readonly size: number }>(CACHED_CHARACTERS, ({ size }) => size)

  /** What is kept with what was appended since. Entries never change: while the last one is there, so are the others. */
  const current = (developer: string, session: string, { entries, whole }: Kept): Effect.Effect<Kept, StorageError> => {
    const last = entries.at(-1)
    if (last === undefined) return Effect.succeed(nothing)
    return Effect.map(storage.entries.since(developer, session, last.id), (rows) =>
      rows[0]?.id === last.id
        ? { entries: rows.length === 1 ? entries : [...entries, ...rows.slice(1)], whole }
        : nothing
    )
  }

  /** Reads further back until the budget is full. */
  const extended = (
    developer: string,
    session: string,
    history: Kept,
    left: number,
    count: Count
  ): Effect.Effect<Kept, StorageError> => {
    if (history.whole || left < 0) return Effect.succeed(history)
    const offset = history.entries.length
    return Effect.flatMap(
      storage.entries.list(developer, session, { limit: HISTORY_PAGE, offset, order: "desc" }),
      (page) =>
        extended(
          developer,
          session,
          { entries: [...page.toReversed(), ...history.entries], whole: page.length < HISTORY_PAGE },
          page.reduce((rest, entry) => rest - Budget.costOf(entry, count), left),
          count
        )
    )
  }

  /** The newest of them, up to the first that the budget has no room for. */
  const within = (
    { entries, whole }: Kept,
    budget: number,
    count: Count
  ): { readonly history: Kept; readonly left: number } => {
    let left = budget
    for (let index = entries.length - 1; index >= 0; index--) {
      const entry = entries[index]
      if (entry === undefined) break
      left -= Budget.costOf(entry, count)
      if (left < 0) return { history: { entries: entries.slice(index), whole: whole && index === 0 }, left }
    }
    return { history: { entries, whole }, left }
  }

  return Effect.fnUntraced(function* (developer: string, session: string, budget: number, count: Count) {
    const key = `${developer} ${session}`
    const known = within(yield* current(developer, session, cache.get(key) ?? nothing), budget, count)
    const history = yield* extended(developer, session, known.history, known.left, count)
    cache.set(key, { ...history, size: history.entries.reduce((sum, entry) => sum + sizeOf(entry), 0) })
    return history.entries
  })
})
