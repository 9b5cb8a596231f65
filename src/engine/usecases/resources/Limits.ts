/** What one request that creates an agent or a user may hold. */
import * as Effect from "effect/Effect"
import type { UnprocessableRequest } from "../../../schema/Errors.js"
import { unprocessable } from "../Failure.js"

/** The most characters of the name of an agent or a user: it stands in every prompt. */
const MAX_NAME = 1000

/** Refuses a name that is too long. A blank name is one, as in v0.3. */
export const checkName = (name: string | undefined): Effect.Effect<void, UnprocessableRequest> =>
  name !== undefined && name.length > MAX_NAME
    ? Effect.fail(unprocessable("name", `Expected at most ${MAX_NAME} characters. Put what describes it into "about".`))
    : Effect.void

/** The most docs and tools that one request creates. All are written in one transaction, in which others wait. */
const MAX_DOCS = 500
const MAX_TOOLS = 1000

const checkCount = (member: string, count: number, most: number, method: string) =>
  count > most
    ? Effect.fail(unprocessable(member, `Expected at most ${most}, actual ${count}. Create the others with ${method}.`))
    : Effect.void

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
