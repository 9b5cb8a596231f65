/** Lists: their options, and how they are printed. */
import * as Options from "@effect/cli/Options"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { FilteredPage } from "../schema/api/Query.js"
import type { Failure, UsageError } from "./exitCodes.js"
import { jsonOf } from "./input.js"
import { print, printError, printJson, Stdio } from "./output.js"
import { type Column, table } from "./table.js"

const DEFAULT_LIMIT = 100

/** The option for the number of items. */
export const limit = (description: string) =>
  Options.integer("limit").pipe(
    Options.withDescription(description),
    Options.filterMap(
      Option.liftPredicate((limit) => limit > 0),
      "--limit must be a whole number from 1"
    ),
    Options.optional
  )

/** The options that say how much of a list to print. */
export const paging = {
  limit: limit(`How many to list. Default: ${DEFAULT_LIMIT}.`),
  all: Options.boolean("all").pipe(Options.withDescription("List all of them, page by page."))
}

/** The options that filter and sort a list of resources with metadata. */
export const filtering = {
  filter: Options.text("filter").pipe(
    Options.withPseudoName("JSON"),
    Options.withDescription('Only those whose metadata has these members, such as {"team": "support"}.'),
    Options.optional
  ),
  sort: Options.choice("sort", ["created_at", "updated_at"]).pipe(
    Options.withDescription("Default: created_at."),
    Options.optional
  ),
  order: Options.choice("order", ["asc", "desc"]).pipe(
    Options.withDescription("Default: desc, the newest first."),
    Options.optional
  )
}

interface Filtering {
  readonly filter: Option.Option<string>
  readonly sort: Option.Option<"created_at" | "updated_at">
  readonly order: Option.Option<"asc" | "desc">
}

interface Paging {
  readonly json: boolean
  readonly limit: Option.Option<number>
  readonly all: boolean
}

const MAX_PAGE = 1000

/** The size of the pages that a list is fetched in: no more than are printed, and one to know that there are more. */
export const pageSize = ({ all, limit }: Paging): number =>
  all ? MAX_PAGE : Math.min(Option.getOrElse(limit, () => DEFAULT_LIMIT) + 1, MAX_PAGE)

/** The query of {@link filtering}. */
export const queryOf = (options: Filtering & Paging): Effect.Effect<FilteredPage, UsageError> =>
  Effect.gen(function* () {
    const { filter, order, sort } = options
    return {
      limit: pageSize(options),
      // The manager checks its values.
      ...(Option.isSome(filter) ? { metadata_filter: (yield* jsonOf("--filter", filter.value)) as object } : {}),
      ...(Option.isSome(sort) ? { sort_by: sort.value } : {}),
      ...(Option.isSome(order) ? { order: order.value } : {})
    } as FilteredPage
  })

/** How many lines are written at once: those of the first batch say how wide a table is. */
const BATCH = 100

/** Prints a list as it is fetched: JSON lines, or a table. */
export const printList = <A, R>(
  options: Paging,
  items: Stream.Stream<A, Failure, R>,
  columns: ReadonlyArray<Column<A>>
): Effect.Effect<void, Failure, R | Stdio> =>
  Effect.gen(function* () {
    const limit = options.all ? Number.POSITIVE_INFINITY : Option.getOrElse(options.limit, () => DEFAULT_LIMIT)
    const { columns: terminal } = yield* Stdio
    let made: ReturnType<typeof table<A>> | undefined
    let printed = 0
    let more = false
    const batch = (chunk: Chunk.Chunk<A>) => {
      const shown = Chunk.toReadonlyArray(chunk).slice(0, limit - printed)
      more = shown.length < chunk.length
      printed += shown.length
      if (options.json) return Effect.forEach(shown, printJson, { discard: true })
      const first = made === undefined
      made ??= table(columns, shown, terminal)
      const { header, line } = made
      return print([...(first ? [header] : []), ...shown.map(line)].join("\n"))
    }
    const upTo = options.all ? items : Stream.take(items, limit + 1)
    yield* upTo.pipe(Stream.grouped(BATCH), Stream.runForEach(batch))
    if (more)
      yield* printError(
        `There are more: these are the first ${printed}. List them with --all, or with a larger --limit.`
      )
    else if (printed === 0 && !options.json) yield* printError("There are none.")
  })
