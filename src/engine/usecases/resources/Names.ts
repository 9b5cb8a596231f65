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
