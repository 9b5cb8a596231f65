import { byClient } from "./suites/conformance.js"
import { embedded } from "./support/modes.js"

byClient("embedded", embedded)
