/** Counts what became of the rows that are fitted into a store. */
import type { Mutable } from "effect/Types"
import type { ArchivedKind } from "../../ports/Storage.js"
import type { Counts, RowLine } from "./Archive.js"

/** What became of a row. */
export type Outcome = "written" | "unchanged" | { readonly reason: string }

/** A row that was left out: the store has another one in its place, or lacks what it belongs to. */
export interface Skipped {
  readonly kind: ArchivedKind
  readonly id: string
  readonly reason: string
}

/** What became of rows. */
export interface Tally {
  readonly written: Counts
  /** The rows that the store had already, as they are. */
  readonly unchanged: Counts
  /** How many rows were left out, and the first thousand of them. */
  readonly skipped: number
  readonly rows: ReadonlyArray<Skipped>
}

/** How many rows that were left out are reported one by one. */
const REPORTED = 1000

export const make = () => {
  const written: Mutable<Counts> = {}
  const unchanged: Mutable<Counts> = {}
  const rows: Array<Skipped> = []
  let skipped = 0
  return {
    note: ({ kind, row: { id } }: RowLine, outcome: Outcome): void => {
      if (outcome === "written") written[kind] = (written[kind] ?? 0) + 1
      else if (outcome === "unchanged") unchanged[kind] = (unchanged[kind] ?? 0) + 1
      else if (++skipped <= REPORTED) rows.push({ kind, id, reason: outcome.reason })
    },
    result: (): Tally => ({ written, unchanged, skipped, rows })
  }
}
