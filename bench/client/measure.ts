/** Timing in many short, alternating rounds. The best round counts, because other load only slows a round down. */

/** One side of a comparison: does its work that many times. */
export type Contender = (times: number) => Promise<unknown>

/** The result of a contender: operations per second, and microseconds of this process's CPU time per operation. */
export interface Measured {
  readonly rate: number
  readonly cpu: number
}

/** Measures each contender in several rounds, after one warm-up round. */
export const measure = async <Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { rounds, times }: { readonly rounds: number; readonly times: number }
): Promise<Readonly<Record<Name, Measured>>> => {
  const names = Object.keys(contenders) as Array<Name>
  const best = new Map(names.map((name): [Name, Measured] => [name, { rate: 0, cpu: Number.POSITIVE_INFINITY }]))
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const cpu = process.cpuUsage()
      const start = performance.now()
      await contenders[name](times)
      const milliseconds = performance.now() - start
      const { system, user } = process.cpuUsage(cpu)
      const before = best.get(name)
      if (round === 0 || before === undefined) continue
      best.set(name, {
        rate: Math.max(before.rate, (times * 1000) / milliseconds),
        cpu: Math.min(before.cpu, (user + system) / times)
      })
    }
  }
  return Object.fromEntries(best) as Record<Name, Measured>
}

/** Makes a call that many times, with that many in flight. */
export const concurrently =
  (concurrency: number, call: () => Promise<unknown>): Contender =>
  async (times) => {
    let left = times
    const worker = async () => {
      while (left-- > 0) await call()
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
  }

const pad = (text: string, width: number) => text.padEnd(width)

/** Prints the results. */
export const table = (title: string, unit: string, rows: Readonly<Record<string, Measured>>, per = 1): void => {
  console.log(`\n${title}`)
  for (const [name, { cpu, rate }] of Object.entries(rows)) {
    const fast = `${Math.round(rate * per).toLocaleString("en")} ${unit}/s`
    console.log(`  ${pad(name, 44)}${pad(fast, 22)}${(cpu / per).toFixed(1)} us CPU each`)
  }
}

/** Prints a ratio with its gate and its goal, and returns whether it passes the gate. */
export const ratio = (
  what: string,
  value: number,
  goal: { readonly gate: number; readonly want: number; readonly most?: boolean; readonly unit?: string }
): boolean => {
  const { gate, most = false, unit = "", want } = goal
  const within = (limit: number) => (most ? value <= limit : value >= limit)
  const verdict = within(want) ? "reaches the goal" : within(gate) ? "passes" : "FAILS"
  const bound = most ? "at most" : "at least"
  console.log(
    `  ${pad(what, 60)}${value.toFixed(2)}${unit}  (${bound} ${gate}${unit}, goal ${want}${unit}): ${verdict}`
  )
  return within(gate)
}
