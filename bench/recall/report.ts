/** What the benchmark prints. */
import type { Difference } from "./measures.js"

/** A row of a table. */
export const row = (name: string, values: ReadonlyArray<string>, note = "") =>
  console.log(`  ${name.padEnd(24)}${values.map((value) => value.padStart(10)).join("")}${note}`)

const three = (value: number): string => value.toFixed(3)

/** A row of scores. */
export const scores = (name: string, values: ReadonlyArray<number>, note = "") => row(name, values.map(three), note)

const signed = (value: number): string => `${value < 0 ? "-" : "+"}${three(Math.abs(value))}`

/** A difference with its interval; a star means that the interval excludes 0. */
export const differs = (what: string, { high, low, mean }: Difference): string =>
  `   ${signed(mean)} [${signed(low)}, ${signed(high)}]${low > 0 || high < 0 ? "*" : " "} over ${what}`

/** A goal, and by how much it is met or missed. */
export interface Goal {
  readonly name: string
  readonly value: number
  readonly goal: number
  /** Whether the value must stay below the goal, as times must. */
  readonly below?: boolean
  readonly unit?: string
}

/** One line of each goal. */
export const goals = (all: ReadonlyArray<Goal>) => {
  console.log("Goals")
  for (const { below = false, goal, name, unit, value } of all) {
    // Scores are compared as they are printed.
    const show = (number: number) => (unit === undefined ? three(number) : `${number.toFixed(1)} ${unit}`)
    const [reached, wanted] = [Number.parseFloat(show(value)), Number.parseFloat(show(goal))]
    const met = below ? reached <= wanted : reached >= wanted
    const by = show(Math.abs(reached - wanted))
    row(met ? "met" : `MISSED by ${by}`, [], `${name}: ${show(value)}, goal ${show(goal)}${met ? `, by ${by}` : ""}`)
  }
}
