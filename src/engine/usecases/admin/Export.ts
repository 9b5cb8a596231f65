/** Everything of some developers, as the lines of an export. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { pause } from "../../ports/Pause.js"
import { type ArchivedKind, Storage, type StorageError } from "../../ports/Storage.js"
import { exportedOf, FORMAT, kinds, type RowLine, VERSION, writeLine } from "./Archive.js"

/** How many rows are read at once. A doc has often a megabyte, and a message seldom has. */
const batchOf = (kind: ArchivedKind): number => (kind === "doc" ? 4 : 16)

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
            Stream.paginateEffect(0, (after) =>
              Effect.map(
                Effect.zipLeft(
                  archive.list(kind, developer_id, { after, through: through.get(kind) ?? 0, limit: batchOf(kind) }),
                  pause
                ),
                ({ next, rows }) => {
                  counts[kind] = (counts[kind] ?? 0) + rows.length
                  const lines = rows.map((row) =>
                    // The row is one of this kind.
                    writeLine({ kind, developer_id, row: exportedOf(kind, row) } as RowLine)
                  )
                  return [lines.join(""), Option.fromNullable(next)] as const
                }
              )
            )

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
