/**
 * The newest messages of sessions, cached: a turn reads only what was appended since the turn before. Reading a whole
 * window of rows for every turn costs more than the rest of the turn. Where a run has called tools so often that none of
 * these messages is the user's, the question that the run is about comes first.
 */
import * as Effect from "effect/Effect"
import { type EntryRow, type SessionRow, Storage, type StorageError } from "../../ports/Storage.js"
import type { Count } from "../../ports/Tokenizer.js"
import { Bounded } from "../../text/Bounded.js"
import * as Budget from "../prompt/Budget.js"
import { type Cost, costWithin } from "../prompt/TruncatedResults.js"

/** Rows of a page: history is read newest first, page by page, until the budget is full. */
export const HISTORY_PAGE = 64

/** How far back the question of a run is looked for, in rows. */
const MAX_RUN = 1000

/** The capacity of the cache, in characters of all sessions together. One session has room for half of it. */
const CACHED_CHARACTERS = 16_000_000

/** The newest messages of one session, oldest first. */
interface Window {
  readonly entries: ReadonlyArray<EntryRow>
  /** Whether the first of them is the first of the session. */
  readonly whole: boolean
  readonly tokens: number
  readonly characters: number
  /** The newest message of the user that is older than all of these; `null` if none was found, `undefined` before it is needed. */
  readonly question?: EntryRow | null | undefined
}

interface Cached extends Window {
  /** The epoch of the history that they were read in. */
  readonly epoch: number
  /** What their tokens were counted by, and for. */
  readonly count: Count
  readonly budget: number
}

/** What a cached session, and each of its messages, takes beside their text, in characters. Measured: about 0.5 kB. */
const OVERHEAD = 500

const keyOf = (developer: string, session: string): string => `${developer} ${session}`

/** The weight of a session in the cache: one without text takes room, too. */
export const weightOf = ({
  characters,
  entries,
  question
}: Pick<Cached, "characters" | "entries" | "question">): number =>
  characters + OVERHEAD * (1 + entries.length) + (question ? OVERHEAD + sizeOf(question) : 0)

const empty: Window = { entries: [], whole: false, tokens: 0, characters: 0 }

/** Images count by their URL, which may be a data URL. */
const sizeOf = ({ content }: EntryRow): number =>
  typeof content === "string"
    ? content.length
    : content.reduce((sum, part) => sum + (part.type === "text" ? part.text : part.image_url.url).length, 0)

const isQuestion = ({ refused, role }: EntryRow): boolean => role === "user" && !refused

const sumOf = (entries: ReadonlyArray<EntryRow>, of: (entry: EntryRow) => number): number =>
  entries.reduce((sum, entry) => sum + of(entry), 0)

/** Reads the newest messages of a session, oldest first: all that fit a budget of tokens, and a page more at most. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const cache = new Bounded<string, Cached>(CACHED_CHARACTERS, weightOf)

  /**
   * The cached messages and those appended since. Entries never change, so while the last one exists, the others
   * exist, too. The exception is history that was deleted: a retry under an idempotency key may append a message
   * with the id, and even the number, that it had before. Hence the epoch.
   */
  const current = (
    session: SessionRow,
    cached: Cached | undefined,
    newer: ReadonlyArray<EntryRow>,
    isCounted: (cached: Cached) => boolean,
    cost: Cost
  ): Window => {
    const last = cached?.epoch === session.history_epoch ? cached.entries.at(-1) : undefined
    if (cached === undefined || last === undefined || newer[0]?.id !== last.id) return empty
    const appended = newer.slice(1)
    const entries = appended.length === 0 ? cached.entries : [...cached.entries, ...appended]
    return {
      entries,
      question: cached.question,
      whole: cached.whole,
      tokens: isCounted(cached) ? cached.tokens + sumOf(appended, cost) : sumOf(entries, cost),
      characters: cached.characters + sumOf(appended, sizeOf)
    }
  }

  /** Reads further back until the budget is full. */
  const extended = (
    developer: string,
    session: string,
    window: Window,
    budget: number,
    cost: Cost
  ): Effect.Effect<Window, StorageError> => {
    if (window.whole || window.tokens > budget) return Effect.succeed(window)
    const offset = window.entries.length
    return Effect.flatMap(
      storage.entries.list(developer, session, { limit: HISTORY_PAGE, offset, order: "desc" }),
      ({ rows: page }) => {
        const entries = [...page.toReversed(), ...window.entries]
        const whole = page.length < HISTORY_PAGE
        const tokens = window.tokens + sumOf(page, cost)
        const characters = window.characters + sumOf(page, sizeOf)
        const { question } = window
        return extended(developer, session, { entries, whole, tokens, characters, question }, budget, cost)
      }
    )
  }

  /** Finds the question of messages of which none is the user's. */
  const withQuestion = (
    developer: string,
    session: string,
    window: Window,
    offset = window.entries.length
  ): Effect.Effect<Window, StorageError> => {
    if (window.whole || window.question !== undefined || window.entries.findLast(isQuestion) !== undefined)
      return Effect.succeed(window)
    return Effect.flatMap(
      storage.entries.list(developer, session, { limit: HISTORY_PAGE, offset, order: "desc" }),
      ({ rows: page }) => {
        const question = page.find(isQuestion)
        return question !== undefined || page.length < HISTORY_PAGE || offset >= MAX_RUN
          ? Effect.succeed({ ...window, question: question ?? null })
          : withQuestion(developer, session, window, offset + HISTORY_PAGE)
      }
    )
  }

  /** The newest messages, back to the first that exceeds the budget. */
  const within = (window: Window, budget: number, cost: Cost): Window => {
    let { characters, tokens } = window
    let start = 0
    for (const entry of window.entries) {
      const left = tokens - cost(entry)
      if (left <= budget) break
      tokens = left
      characters -= sizeOf(entry)
      start++
    }
    if (start === 0) return window
    const question = window.entries.slice(0, start).findLast(isQuestion) ?? window.question
    return { entries: window.entries.slice(start), whole: false, tokens, characters, question }
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
      const isCounted = (cached: Cached) => cached.count === count && cached.budget === budget
      const known = within(current(session, cache.get(key), newer, isCounted, cost), budget, cost)
      const window = yield* withQuestion(
        developer,
        session.id,
        yield* extended(developer, session.id, known, budget, cost)
      )
      cache.set(key, { epoch: session.history_epoch, count, budget, ...window })
      const { entries, question } = window
      return question && entries.findLast(isQuestion) === undefined ? [question, ...entries] : entries
    })
  }
})
