/** The rows of a store on their way out, some at a time. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { yieldToEventLoop } from "../../ports/EventLoop.js"
import type { MovedKind, MovedRows, Storage, StorageError } from "../../ports/Storage.js"

/** How many rows are read at once. A doc has often a megabyte, and a message seldom has. */
const limitOf = (kind: MovedKind): number => (kind === "doc" ? 4 : 16)

/** The rows of a kind through a sequence number, in the order of insertion. The last page may be empty. */
export const pagesOf = <Kind extends MovedKind>(
  { archive }: Pick<Storage.Service, "archive">,
  kind: Kind,
  developer: string,
  through: number
): Stream.Stream<ReadonlyArray<MovedRows[Kind]>, StorageError> =>
  Stream.paginateEffect(0, (after) =>
    Effect.map(
      Effect.zipLeft(archive.list(kind, developer, { after, through, limit: limitOf(kind) }), yieldToEventLoop),
      ({ next, rows }) => [rows, Option.fromNullable(next)] as const
    )
  )
