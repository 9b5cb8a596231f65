/** Writes the rows of an export into a store, which may have some of them already. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { BadRequest } from "../../../schema/Errors.js"
import { yieldToEventLoop } from "../../ports/EventLoop.js"
import type { Ids } from "../../ports/Ids.js"
import type { Storage, StorageError } from "../../ports/Storage.js"
import type { JobQueue } from "../JobQueue.js"
import { parseLine, type RowLine } from "./Archive.js"
import * as ImportRows from "./ImportRows.js"
import { linesOf, type NumberedLine } from "./Lines.js"
import * as Tally from "./Tally.js"

/** What an import did. */
export interface Report extends Tally.Tally {
  /** Whether the last line was there: without it, the export was cut off. */
  readonly complete: boolean
}

export interface Options {
  /** Whose the rows become. Default: whose they were. */
  readonly developer?: string | undefined
  /** The number of the first line, for errors, where the lines come in several parts. Default: 1. */
  readonly firstLine?: number | undefined
  /** Is run with the number of lines that are done, from time to time. */
  readonly onProgress?: (lines: number) => Effect.Effect<void>
}

export type Import = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options?: Options
) => Effect.Effect<Report, E | BadRequest | StorageError, R>

const isOfOneKind = (one: RowLine, other: RowLine) => one.kind === other.kind && one.developer_id === other.developer_id

export const make: Effect.Effect<Import, never, Storage | Ids | JobQueue> = Effect.map(
  ImportRows.make,
  (importRows): Import =>
    (bytes, { developer, firstLine = 1, onProgress = () => Effect.void } = {}) =>
      Effect.suspend(() => {
        const tally = Tally.make()
        let complete = false

        const write = (texts: ReadonlyArray<NumberedLine>) =>
          Effect.gen(function* () {
            const lines: Array<RowLine> = []
            for (const { number, text } of texts) {
              const line = yield* parseLine(text, number)
              complete = line.kind === "end"
              if (line.kind !== "header" && line.kind !== "end") lines.push(line)
            }
            const groups = Arr.isNonEmptyArray(lines) ? Arr.groupWith(lines, isOfOneKind) : []
            for (const [line, outcome] of yield* importRows(groups, developer)) tally.note(line, outcome)
            yield* yieldToEventLoop
            const last = texts.at(-1)
            if (last !== undefined) yield* onProgress(last.number)
          })

        return Effect.map(
          Stream.runForEach(linesOf(bytes, firstLine), write),
          (): Report => ({ ...tally.result(), complete })
        )
      })
)
