/** Splits bytes into lines of bounded length. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { BadRequest } from "../../../schema/Errors.js"
import { notUtf8, tooLong } from "./Archive.js"

/** The longest line, in bytes: a doc may have as many as the largest body, and its JSON is longer. */
export const MAX_LINE = 64_000_000

/** A line, and its number from 1. */
export interface NumberedLine {
  readonly text: string
  readonly number: number
}

const NEWLINE = 0x0a

const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [only] = pieces
  if (only !== undefined && pieces.length === 1) return only
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/**
 * The lines of a text, those together that a piece of it completes; blank ones are left out. Holds one piece and one line
 * in memory.
 */
export const linesOf = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  first = 1,
  limit: number = MAX_LINE
): Stream.Stream<ReadonlyArray<NumberedLine>, E | BadRequest, R> =>
  Stream.suspend(() => {
    const decoder = new TextDecoder("utf-8", { fatal: true })
    let pending: Array<Uint8Array> = []
    let size = 0
    let number = first - 1

    const take = (found: Array<NumberedLine>): Effect.Effect<void, BadRequest> => {
      number++
      const line = joined(pending)
      pending = []
      size = 0
      try {
        const text = decoder.decode(line).trim()
        if (text !== "") found.push({ text, number })
        return Effect.void
      } catch {
        return Effect.fail(notUtf8(number))
      }
    }

    const add = (piece: Uint8Array): Effect.Effect<void, BadRequest> => {
      size += piece.length
      pending.push(piece)
      return size > limit ? Effect.fail(tooLong(number + 1, limit)) : Effect.void
    }

    const split = (piece: Uint8Array) =>
      Effect.gen(function* () {
        const found: Array<NumberedLine> = []
        let from = 0
        for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
          yield* add(piece.subarray(from, end))
          yield* take(found)
          from = end + 1
        }
        yield* add(piece.subarray(from))
        return found
      })

    const rest = Effect.suspend(() => {
      const found: Array<NumberedLine> = []
      return size === 0 ? Effect.succeed(found) : Effect.as(take(found), found)
    })
    return Stream.concat(Stream.mapEffect(bytes, split), Stream.fromEffect(rest))
  })
