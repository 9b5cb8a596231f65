/** Everything of some developers, as the lines of an export. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ArchivedKind, Storage, type StorageError } from "../../ports/Storage.js"
import { exportedOf, FORMAT, kinds, type RowLine, VERSION, writeLine } from "./Archive.js"
import { pagesOf } from "./Pages.js"

/** Everything of these developers, or of all, in pieces of whole lines. Keys and jobs are left out, and what indexing makes of docs. */
export type Export = (developers?: ReadonlyArray<string>) => Stream.Stream<string, StorageError>

export const make: Effect.Effect<Export, never, Storage> = Effect.map(
  Storage,
  ({ archive }) =>
    (developers) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const ofAll = developers ?? (yield* archive.developers)
          // What is written from now on is left out, so that no row refers to one that was passed already.
          const through = new Map<ArchivedKind, number>()
          for (const kind of kinds) through.set(kind, yield* archive.last(kind))
          const counts: { [Kind in ArchivedKind]?: number } = {}

          const rows = (kind: ArchivedKind, developer_id: string) =>
            Stream.map(pagesOf({ archive }, kind, developer_id, through.get(kind) ?? 0), (rows) => {
              counts[kind] = (counts[kind] ?? 0) + rows.length
              // The row is one of this kind.
              return rows
                .map((row) => writeLine({ kind, developer_id, row: exportedOf(kind, row) } as RowLine))
                .join("")
            })

          return Stream.make(writeLine({ kind: "header", format: FORMAT, version: VERSION })).pipe(
            Stream.concat(
              Stream.flatMap(Stream.fromIterable(ofAll), (developer) =>
                Stream.flatMap(Stream.fromIterable(kinds), (kind) =>
                  Stream.filter(rows(kind, developer), (text) => text !== "")
                )
              )
            ),
            Stream.concat(Stream.suspend(() => Stream.make(writeLine({ kind: "end", counts }))))
          )
        })
      )
)
