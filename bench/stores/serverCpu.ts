/** The CPU time of a PostgreSQL server on this machine, which its processes have on Linux. */
import * as fs from "node:fs"
import pg from "pg"

/** The milliseconds of a unit of time in `/proc`. */
const TICK = 10

interface Process {
  readonly parent: number
  /** The CPU time of itself and of its children that have ended, in ticks. */
  readonly ticks: number
}

const read = (pid: number | string): Process | undefined => {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
    // The name before the last parenthesis may have spaces.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    const [user, system, userOfEnded, systemOfEnded] = fields.slice(11, 15).map(Number)
    const ticks = (user ?? 0) + (system ?? 0) + (userOfEnded ?? 0) + (systemOfEnded ?? 0)
    return { parent: Number(fields[1]), ticks }
  } catch {
    // It has ended since.
    return undefined
  }
}

/** The milliseconds of all processes of the server until now. Fails where they are not processes of this machine. */
export const cpuOfServer = async (url: string): Promise<number> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ readonly pid: number }>("SELECT pg_backend_pid() AS pid")
  const main = read(rows[0]?.pid ?? "")?.parent
  const all = main === undefined ? [] : fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  let ticks = 0
  for (const pid of all) {
    const found = read(pid)
    if (found !== undefined && (found.parent === main || Number(pid) === main)) ticks += found.ticks
  }
  await client.end()
  if (ticks === 0) throw new Error("The processes of the server are not to be seen: it must run on this machine.")
  return ticks * TICK
}
