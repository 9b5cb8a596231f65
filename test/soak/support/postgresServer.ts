// A server of a PostgreSQL database, until it is killed: postgresServer.ts <url> <model>. It reports where it listens.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { say } from "./say.js"
import { serving } from "./servers.js"

const [url = "", model = ""] = process.argv.slice(2)

NodeRuntime.runMain(serving(url, model, say))
