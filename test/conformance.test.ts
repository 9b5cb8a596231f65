import { conformance } from "./suites/conformance.js"
import { embedded } from "./support/modes.js"
import * as wired from "./support/wire.js"

conformance("embedded", embedded, wired.embedded)
