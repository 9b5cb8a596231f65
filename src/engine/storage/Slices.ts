/**
 * Reads rows slice by slice. The database is synchronous, and to filter rows takes as long as their metadata is large:
 * between two slices, others use it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { yieldToEventLoop } from "../ports/EventLoop.js"
import type { StorageError } from "../ports/Storage.js"

/** How many rows the first slice has, and the largest one. */
const FIRST = 32
const LARGEST = 4096
/** The next slice is larger after one of fewer milliseconds than this, and smaller after one of more than that. */
const QUICK = 5
const SLOW = 20

const sizeAfter = (size: number, milliseconds: number): number => {
  if (milliseconds < QUICK) return Math.min(LARGEST, 2 * size)
  return milliseconds > SLOW ? Math.max(1, Math.floor(size / 2)) : size
}

/** What a slice has: what was found in it, and where it ends; nothing if no row follows. */
export interface Slice<A, Position> {
  readonly found: ReadonlyArray<A>
  readonly end: Position | undefined
}

/** Reads slices of so many rows behind a position, until so many items are found or no row follows. */
export const readInSlices = Effect.fnUntraced(function* <A, Position>(
  limit: number,
  after: Position | undefined,
  read: (after: Position | undefined, size: number) => Effect.Effect<Slice<A, Position>, StorageError>
): Effect.fn.Return<ReadonlyArray<A>, StorageError> {
  const all: Array<A> = []
  let size = FIRST
  for (let position = after; ; ) {
    const began = yield* Clock.currentTimeMillis
    const { end, found } = yield* read(position, size)
    for (const item of found) all.push(item)
    if (end === undefined || all.length >= limit) return all.slice(0, limit)
    size = sizeAfter(size, (yield* Clock.currentTimeMillis) - began)
    position = end
    yield* yieldToEventLoop
  }
})
