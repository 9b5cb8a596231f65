/** What one request that creates an agent or a user may hold. */
import * as Effect from "effect/Effect"
import { type SyncDoc, syncKeyOf } from "../../../schema/Doc.js"
import type { UnprocessableRequest } from "../../../schema/Errors.js"
import { unprocessable } from "../Failure.js"
import { checkMetadata } from "./Metadata.js"

/** The most characters of the name of an agent or a user: it stands in every prompt. */
const MAX_NAME = 1000

/** Refuses a name that is too long. A blank name is one, as in v0.3. */
export const checkName = (name: string | undefined): Effect.Effect<void, UnprocessableRequest> =>
  name !== undefined && name.length > MAX_NAME
    ? Effect.fail(
        unprocessable(
          "name",
          `must have at most ${MAX_NAME} characters, not ${name.length}. Put a description into "about".`
        )
      )
    : Effect.void

/** The most docs and tools that one request creates. All are written in one transaction, in which others wait. */
const MAX_DOCS = 500
const MAX_TOOLS = 1000

const checkCount = (member: string, count: number, most: number, method: string) =>
  count > most
    ? Effect.fail(
        unprocessable(member, `must have at most ${most} items, not ${count}. Create the others with ${method}.`)
      )
    : Effect.void

/** Refuses a name that two resources of one request have: it is what they are matched by. */
export const checkDistinct = (
  names: ReadonlyArray<string>,
  pathOf: (index: number) => string
): Effect.Effect<void, UnprocessableRequest> => {
  const known = new Set<string>()
  const index = names.findIndex((name) => known.size === known.add(name).size)
  return index < 0
    ? Effect.void
    : Effect.fail(unprocessable(pathOf(index), `must be distinct: ${JSON.stringify(names[index])} is used twice.`))
}

/** The most characters of a key. A doc without a key has its title as one, which may be longer, or blank. */
const MAX_KEY = 200

/** A key as it is stored, which replaces halves of surrogate pairs. */
export const storedKey = (key: string): string => key.toWellFormed()

/** The key of a doc as it is stored. */
export const keyOf = (doc: SyncDoc): string => storedKey(syncKeyOf(doc))

/** Refuses docs to sync that cannot be told apart, or that are too many. */
export const checkSyncDocs = (docs: ReadonlyArray<SyncDoc>): Effect.Effect<void, UnprocessableRequest> => {
  const keys = docs.map(keyOf)
  const noKey = keys.findIndex((key) => key === "" || key.length > MAX_KEY)
  return checkCount("docs", docs.length, MAX_DOCS, "docs.sync").pipe(
    Effect.zipRight(
      noKey < 0
        ? Effect.void
        : Effect.fail(
            unprocessable(
              `docs[${noKey}].key`,
              `must have 1 to ${MAX_KEY} characters, as must the title of a doc without a key.`
            )
          )
    ),
    Effect.zipRight(checkDistinct(keys, (index) => `docs[${index}].key`)),
    Effect.zipRight(
      Effect.forEach(docs, ({ metadata }, index) => checkMetadata(metadata, `docs[${index}].metadata`), {
        discard: true
      })
    )
  )
}

/** Refuses more docs or tools than are created at once. */
export const checkCounts = ({
  docs = [],
  tools = []
}: {
  readonly docs?: ReadonlyArray<unknown> | undefined
  readonly tools?: ReadonlyArray<unknown> | undefined
}): Effect.Effect<void, UnprocessableRequest> =>
  Effect.zipRight(
    checkCount("docs", docs.length, MAX_DOCS, "docs.create"),
    checkCount("tools", tools.length, MAX_TOOLS, "tools.create")
  )
