import { byRequests } from "./suites/conformance.js"
import { embedded } from "./support/wire.js"

byRequests("embedded", embedded)
