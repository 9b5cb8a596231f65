/** What several processes would have to agree on: the file is locked to one. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Storage } from "../../ports/Storage.js"
import type { Dialect } from "../Dialect.js"

const fence = { number: 0 }
const mine = Effect.succeed(Option.some(fence))

export const turns: Dialect.Service["turns"] = { hold: () => mine, wait: () => Effect.void }

export const beginTurn: Dialect.Service["beginTurn"] = (_developer, _session, reading) =>
  Effect.map(reading, ([row]) => Option.some({ fence, row }))

/** The database is in this process. */
export const together: Storage.Service["together"] = (first, second) => Effect.zip(first, second)

export const settings: Storage.Service["settings"] = { put: () => Effect.succeed([]) }
