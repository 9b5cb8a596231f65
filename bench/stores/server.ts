/** The PostgreSQL server of a benchmark. */
import { fileURLToPath } from "node:url"
import { started } from "./process.js"

const script = fileURLToPath(new URL("../../test/support/postgres/main.ts", import.meta.url))

/** The URL that `BENCH_POSTGRES` has, or that of a durable server that is started, and stopped at the end. */
export const openPostgres = async (): Promise<{ readonly url: string; readonly close: () => Promise<void> }> => {
  const given = process.env["BENCH_POSTGRES"]
  if (given !== undefined) return { url: given, close: () => Promise.resolve() }
  const { line, stop } = started(script, "durable")
  const { reason, url } = JSON.parse(await line())
  if (url !== undefined) return { url, close: stop }
  await stop()
  throw new Error(`There is no PostgreSQL server: ${reason}. Name one by BENCH_POSTGRES.`)
}
