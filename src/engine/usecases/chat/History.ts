/**
 * The newest messages of sessions, cached: a turn reads only what was appended since the turn before. Reading a whole
 * window of rows for every turn costs more than the rest of the turn.
 */
import * as Effect from "effect/Effect"
import { type EntryRow, type SessionRow, Storage, type StorageError } from "../../ports/Storage.js"
import type { Count } from "../../ports/Tokenizer.js"
import { Bounded } from "../../text/Bounded.js"
import * as Budget from "../prompt/Budget.js"
import { costWithin } from "../prompt/CutResults.js"

/** Rows of a page: history is read newest first, page by page, until the budget is full. */
export const HISTORY_PAGE = 64

/** The capacity of the cache, in characters of all sessions together. One session has room for half of it. */
const CACHED_CHARACTERS = 16_000_000

/** The newest messages of one session, oldest first. */
interface Window {
  readonly entries: ReadonlyArray<EntryRow>
  /** Whether the first of them is the first of the session. */
  readonly whole: boolean
}

interface Cached extends Window {
  /** The epoch of the history that they were read in. */
  readonly epoch: number
  readonly characters: number
}

/** What a cached session, and each of its messages, takes beside their text, in characters. Measured: about 0.5 kB. */
const OVERHEAD = 500

const keyOf = (developer: string, session: string): string => `${developer} ${session}`

/** The weight of a session in the cache: one without text takes room, too. */
export const weightOf = ({ characters, entries }: Pick<Cached, "characters" | "entries">): number =>
  characters + OVERHEAD * (1 + entries.length)

const empty: Window = { entries: [], whole: false }

/** Images count by their URL, which may be a data URL. */
const sizeOf = ({ content }: EntryRow): number =>
  typeof content === "string"
    ? content.length
    : content.reduce((sum, part) => sum + (part.type === "text" ? part.text : part.image_url.url).length, 0)

/** Reads the newest messages of a session, oldest first: all that fit a budget of tokens, and a page more at most. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const cache = new Bounded<string, Cached>(CACHED_CHARACTERS, weightOf)

  /**
   * The cached messages and those appended since. Entries never change, so while the last one exists, the others
   * exist, too. The exception is history that was deleted: a retry under an idempotency key may append a message
   * with the id, and even the number, that it had before. Hence the epoch.
   */
  const current = (session: SessionRow, cached: Cached | undefined, newer: ReadonlyArray<EntryRow>): Window => {
    const last = cached?.epoch === session.history_epoch ? cached.entries.at(-1) : undefined
    if (cached === undefined || last === undefined || newer[0]?.id !== last.id) return empty
    const { entries, whole } = cached
    return { entries: newer.length === 1 ? entries : [...entries, ...newer.slice(1)], whole }
  }

  /** Reads further back until the budget is full. */
  const extended = (
    developer: string,
    session: string,
    history: Window,
    left: number,
    cost: (entry: EntryRow) => number
  ): Effect.Effect<Window, StorageError> => {
    if (history.whole || left < 0) return Effect.succeed(history)
    const offset = history.entries.length
    return Effect.flatMap(
      storage.entries.list(developer, session, { limit: HISTORY_PAGE, offset, order: "desc" }),
      ({ rows: page }) =>
        extended(
          developer,
          session,
          { entries: [...page.toReversed(), ...history.entries], whole: page.length < HISTORY_PAGE },
          page.reduce((rest, entry) => rest - cost(entry), left),
          cost
        )
    )
  }

  /** The newest messages, back to the first that exceeds the budget. */
  const within = (
    { entries, whole }: Window,
    budget: number,
    cost: (entry: EntryRow) => number
  ): { readonly history: Window; readonly left: number } => {
    let left = budget
    for (let index = entries.length - 1; index >= 0; index--) {
      const entry = entries[index]
      if (entry === undefined) break
      left -= cost(entry)
      if (left < 0) return { history: { entries: entries.slice(index), whole: whole && index === 0 }, left }
    }
    return { history: { entries, whole }, left }
  }

  return {
    /** The id of the newest message of a session that is cached. */
    known: (developer: string, session: string): string | undefined =>
      cache.get(keyOf(developer, session))?.entries.at(-1)?.id,
    /** Reads what is missing. `newer` are the messages of the session from the one that was {@link known} on. */
    read: Effect.fnUntraced(function* (
      developer: string,
      session: SessionRow,
      newer: ReadonlyArray<EntryRow>,
      budget: number,
      count: Count
    ) {
      const key = keyOf(developer, session.id)
      const cost = costWithin(budget, (entry) => Budget.costOf(entry, count))
      const known = within(current(session, cache.get(key), newer), budget, cost)
      const history = yield* extended(developer, session.id, known.history, known.left, cost)
      const characters = history.entries.reduce((sum, entry) => sum + sizeOf(entry), 0)
      cache.set(key, { ...history, epoch: session.history_epoch, characters })
      return history.entries
    })
  }
})
