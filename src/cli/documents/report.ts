/** What became of files, for people. */
import * as Effect from "effect/Effect"
import { printError, type Stdio } from "../output.js"
import { sanitizeForTerminal } from "../table.js"
import type { Added } from "./addDocs.js"
import type { OmittedFile } from "./find.js"

/** How many skipped files are listed. */
const LISTED = 20

const lines = (word: string, left: ReadonlyArray<OmittedFile>): ReadonlyArray<string> =>
  left.map(({ path, reason }) => `${word} ${sanitizeForTerminal(path)}: ${sanitizeForTerminal(reason)}`)

/** Lists the files that make no doc, on the error output. */
export const reportOmitted = ({ failed, skipped }: Added): Effect.Effect<void, never, Stdio> => {
  const more = skipped.length - LISTED
  const all = [
    ...lines("Skipped", skipped.slice(0, LISTED)),
    ...(more > 0 ? [`Skipped ${more} more.`] : []),
    ...lines("Failed", failed)
  ]
  return Effect.forEach(all, printError, { discard: true })
}

/** The numbers, in one line. */
export const summary = ({ created, deleted, failed, skipped, unchanged, updated }: Added): string =>
  [
    `${created.length} added`,
    `${updated.length} changed`,
    `${unchanged.length} unchanged`,
    ...(deleted.length > 0 ? [`${deleted.length} deleted`] : []),
    ...(skipped.length > 0 ? [`${skipped.length} skipped`] : []),
    ...(failed.length > 0 ? [`${failed.length} failed`] : [])
  ].join(", ")
