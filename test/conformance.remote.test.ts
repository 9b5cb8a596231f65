import { describe } from "@effect/vitest"
import { conformance } from "./suites/conformance.js"
import { parity } from "./suites/parity.js"
import { keys } from "./suites/wireForms.js"
import { remote } from "./support/modes.js"
import * as wired from "./support/wire.js"

conformance("remote", remote, wired.remote)
parity(wired.embedded, wired.remote)
describe("remote, with a key", () => {
  keys(wired.remote)
})
