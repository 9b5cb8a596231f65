/** Random turns against an oracle, in process and over a socket. */
import { describe } from "@effect/vitest"
import { randomTurns } from "../suites/randomTurns.js"
import { modes } from "../support/wire.js"

const TURNS = Number(process.env["SOAK"] ?? 150)

describe("random turns", () => {
  for (const [name, mode] of modes) randomTurns(name, mode, TURNS)
})
