/** Splits the lines of a file into the bodies of requests. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** How many bytes a part has about: a server takes them in a few seconds, however long the whole file takes. */
const SIZE = 2_000_000

/** Some whole lines, and the number of the first of them. */
export interface NdjsonChunk {
  readonly bytes: Uint8Array
  readonly firstLine: number
}

const NEWLINE = 0x0a

const newlinesIn = (bytes: Uint8Array): number => {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++
  return count
}

/** The parts of some bytes: each ends with a line, except perhaps the last one. */
export const chunksOf = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>, size = SIZE): Stream.Stream<NdjsonChunk, E, R> =>
  Stream.suspend(() => {
    let pending: Array<Uint8Array> = []
    let length = 0
    let firstLine = 1

    const cut = (): NdjsonChunk => {
      const part = { bytes: Buffer.concat(pending), firstLine }
      firstLine += newlinesIn(part.bytes)
      pending = []
      length = 0
      return part
    }

    const add = (piece: Uint8Array): ReadonlyArray<NdjsonChunk> => {
      const end = length + piece.length < size ? -1 : piece.lastIndexOf(NEWLINE)
      if (end < 0) {
        pending.push(piece)
        length += piece.length
        return []
      }
      pending.push(piece.subarray(0, end + 1))
      const part = cut()
      const rest = piece.subarray(end + 1)
      pending.push(rest)
      length = rest.length
      return [part]
    }

    const last = Effect.sync(() => (length === 0 ? [] : [cut()]))
    return Stream.concat(Stream.mapConcat(bytes, add), Stream.flatMap(Stream.fromEffect(last), Stream.fromIterable))
  })
