import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Finding } from "../../layers/Finding.js"
import { Julep } from "../../services/Julep.js"
import { julep, type Server, storeNamed, type TargetOptions, target, targetOptions } from "../Connection.js"
import { command as make } from "../command.js"
import { CommandFailed, type Failure, sentenceOf } from "../exitCodes.js"
import { model, modelOf } from "../model.js"
import { print, printJson } from "../output.js"
import { keyFile } from "../serving.js"

/** The oldest release of Node that the package runs on, as package.json has it. */
const NODE = [20, 19] as const

const node = (version: string): Finding => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const isOld = major < NODE[0] || (major === NODE[0] && minor < NODE[1])
  return isOld
    ? { what: "node", state: "problem", message: `Node ${version} is too old. Install ${NODE.join(".")} or newer.` }
    : { what: "node", state: "ok", message: `Node ${version}.` }
}

/** The rights of a group and of others. */
const OTHERS = 0o077

/** The key that `serve` made, if it did. */
const keyFileOf = (store: string): ReadonlyArray<Finding> => {
  const file = keyFile(store)
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return []
  if (process.platform === "win32" || (stat.mode & OTHERS) === 0) {
    return [{ what: "key", state: "ok", message: `Only its owner can read ${file}.` }]
  }
  return [
    {
      what: "key",
      state: "problem",
      message: `Other users can read ${file}. Let only its owner read it: chmod 600 ${file}`
    }
  ]
}

/** Whether a server answers, and accepts the key. */
const server = (to: Server, given: TargetOptions): Effect.Effect<Finding> => {
  const at = to.pid === undefined ? new URL(to.url).origin : `Process ${to.pid} at ${to.url}`
  return Effect.flatMap(Julep, ({ agents }) => agents.list({ limit: 1 })).pipe(
    Effect.provide(julep({ ...given, developer: Option.none() }, { creates: false })),
    Effect.timeoutFail({
      duration: "10 seconds",
      onTimeout: (): Failure => new CommandFailed({ message: `${at} does not answer within 10 s.` })
    }),
    Effect.match({
      onFailure: (error) => ({ what: "server", state: "problem", message: sentenceOf(error) }),
      onSuccess: () => ({ what: "server", state: "ok", message: `${at} answers, and accepts the key.` })
    })
  )
}

/** What is checked, one after the other. */
const findingsOf = (given: TargetOptions, modelOption: Option.Option<string>) =>
  Effect.gen(function* () {
    const to = yield* target(given)
    const first = [node(process.versions.node), ...(to._tag === "Server" ? [yield* server(to, given)] : [])]
    if (to._tag === "Server" && to.pid === undefined) return first
    const store = yield* storeNamed(given.db)
    const Health = yield* Effect.promise(() => import("../../layers/Health.js"))
    const { findings, spaces } = yield* store._tag === "File" ? Health.file(store.file) : Health.database(store)
    return [
      ...first,
      ...findings,
      ...(store._tag === "File" ? keyFileOf(store.file) : []),
      yield* Health.model(yield* modelOf(modelOption)),
      yield* Health.embedder(spaces),
      ...(yield* Health.reranker)
    ]
  })

export const command = make({
  description:
    "Checks what an engine needs, and says what to do: Node, libsql, the store and who has it open, its key file, or the server, the settings and the extension of a PostgreSQL database, the model, the embedder and the reranker with one small call each. With --url it checks a server. Fails if there is a problem.",
  example: "effect-julep doctor --model ollama:llama3.2",
  config: { ...targetOptions, model },
  run: ({ db, json, model, url }) =>
    Effect.gen(function* () {
      const findings = yield* findingsOf({ db, url }, model)
      for (const found of findings) {
        yield* json ? printJson(found) : print(`${found.state.padEnd(8)} ${found.what.padEnd(9)} ${found.message}`)
      }
      const problems = findings.filter(({ state }) => state === "problem").length
      if (problems > 0) {
        return yield* new CommandFailed({
          message: problems === 1 ? "There is a problem." : `There are ${problems} problems.`
        })
      }
    })
})
