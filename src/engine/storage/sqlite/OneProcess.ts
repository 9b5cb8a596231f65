/** What several processes would have to agree on: the file is locked to one. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Storage } from "../../ports/Storage.js"

const mine = Effect.succeed(Option.some({ number: 0 }))

export const turns: Omit<Storage.Service["turns"], "finish"> = { hold: () => mine, wait: () => Effect.void }

/** The database is in this process. */
export const together: Storage.Service["together"] = (first, second) => Effect.zip(first, second)

/** Unlike `Effect.never`, this does not keep the process alive. */
export const waitForJobs = Effect.async<void>(() => {})

export const settings: Storage.Service["settings"] = { put: () => Effect.succeed([]) }
