/** Whether what an engine needs is in order: one finding for each thing. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as GptTokenizer from "../engine/model/GptTokenizer.js"
import { Embedder } from "../engine/ports/Embedder.js"
import type { Inspection } from "../engine/ports/Inspection.js"
import { Model } from "../engine/ports/Model.js"
import { Reranker } from "../engine/ports/Reranker.js"
import type { Space } from "../engine/ports/Storage.js"
import * as FileLock from "../engine/storage/libsql/FileLock.js"
import { loadNative } from "../engine/storage/libsql/native.js"
import { schemaVersion } from "../engine/storage/sqlite/Migrations.js"
import { DEFAULT_MODEL } from "../schema/Settings.js"
import * as EngineEmbedder from "./EngineEmbedder.js"
import type { ModelOption } from "./EngineModel.js"
import * as EngineModel from "./EngineModel.js"
import * as EngineReranker from "./EngineReranker.js"
import * as EngineStorage from "./EngineStorage.js"
import { type Finding, finding } from "./Finding.js"

export { database } from "./PostgresHealth.js"

/** How long an endpoint may take to answer. */
const ENDPOINT_TIMEOUT = Duration.seconds(10)

/** Fails the same way whatever goes wrong: with a sentence. */
const withErrorText = <A, E extends { readonly message: string }>(effect: Effect.Effect<A, E>) =>
  effect.pipe(
    Effect.mapError(({ message }) => message),
    Effect.timeoutFail({
      duration: ENDPOINT_TIMEOUT,
      onTimeout: () => `It does not answer within ${Duration.format(ENDPOINT_TIMEOUT)}.`
    })
  )

/** Whether the native package of the database loads. */
const driver: Effect.Effect<Finding> = Effect.match(loadNative(""), {
  onFailure: ({ message }) => finding("libsql", "problem", message),
  onSuccess: () => finding("libsql", "ok", "It loads.")
})

/** Whether the model of an option, else of the environment, answers. */
export const model = (option: ModelOption | undefined): Effect.Effect<Finding> =>
  Effect.gen(function* () {
    const chosen = yield* EngineModel.fromEnvironment(option, undefined)
    if (chosen.label === "offline") {
      const advice = "Configure a model with MODEL_INFERENCE_URL and MODEL_NAME, with OPENAI_API_KEY, or with --model."
      const message = `The offline model answers, which only quotes what it recalls. ${advice}`
      return finding("model", option === "offline" ? "ok" : "warning", message)
    }
    const call = Effect.flatMap(Model, ({ complete }) =>
      complete({
        model: chosen.name ?? DEFAULT_MODEL,
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Say yes." }
        ],
        tools: [],
        settings: { max_tokens: 16 },
        once: true
      }).pipe(
        // It answered, if only with thoughts.
        Effect.catchIf(
          ({ reason }) => reason === "empty_reply",
          () => Effect.void
        )
      )
    )
    return yield* Effect.match(withErrorText(Effect.provide(call, Layer.provide(chosen.layer, GptTokenizer.layer))), {
      onFailure: (message) => finding("model", "problem", `${chosen.label}: ${message}`),
      onSuccess: () => finding("model", "ok", `${chosen.label} answers.`)
    })
  }).pipe(Effect.catchAll(({ message }) => Effect.succeed(finding("model", "problem", message))))

const REINDEX = "Chats fail until `effect-julep reindex` has embedded docs, messages and memories again."

/** Whether the embedder of the environment answers, with vectors that can be compared with these. */
export const embedder = (spaces: ReadonlyArray<Space>): Effect.Effect<Finding> =>
  Effect.gen(function* () {
    const chosen = yield* Embedder
    if (Option.isNone(chosen)) {
      const message = "There is none: docs are found by their words alone. Name one with DOCS_EMBEDDING_SERVICE_URL."
      return finding("embedder", "ok", message)
    }
    const { embed, name } = chosen.value
    return yield* Effect.match(withErrorText(embed(["yes"])), {
      onFailure: (message) => finding("embedder", "problem", `${name}: ${message}`),
      onSuccess: ([vector]) => {
        const dimensions = vector?.length ?? 0
        const other = spaces.find((space) => space.name !== name || space.dimensions !== dimensions)
        const answer = `${name} answers with vectors of length ${dimensions}`
        return other === undefined
          ? finding("embedder", "ok", `${answer}.`)
          : finding(
              "embedder",
              "problem",
              `${answer}, and the store has those of ${other.name}, of length ${other.dimensions}. ${REINDEX}`
            )
      }
    })
  }).pipe(
    Effect.provide(EngineEmbedder.fromEnvironment),
    Effect.catchAll(({ message }) => Effect.succeed(finding("embedder", "problem", message)))
  )

/** Whether the reranker of the environment answers; nothing where there is none. */
export const reranker: Effect.Effect<ReadonlyArray<Finding>> = Effect.flatMap(
  Reranker,
  Option.match({
    onNone: () => Effect.succeed([]),
    onSome: ({ score }) =>
      Effect.match(withErrorText(score("yes", ["yes", "no"])), {
        onFailure: (message) => [finding("reranker", "problem", message)],
        onSuccess: () => [finding("reranker", "ok", "It answers with a score for each text.")]
      })
  })
).pipe(
  Effect.provide(EngineReranker.fromEnvironment),
  Effect.catchAll(({ message }) => Effect.succeed([finding("reranker", "problem", message)]))
)

const RESTORE = "Restore a backup with `effect-julep restore`."

const content = ({ compatible_from, damaged, faults, version }: Inspection, file: string): ReadonlyArray<Finding> => {
  const [fault] = faults
  if (fault !== undefined) return [finding("store", "problem", `${file} is damaged: ${fault}. ${RESTORE}`)]
  const [text] = damaged
  const found: Array<Finding> = []
  if (text !== undefined) {
    const where = `${text.column} of row ${text.rowid} of ${text.table}`
    const message = `${damaged.length} texts are not UTF-8, the first is ${where}: reading it ends the process. ${RESTORE}`
    found.push(finding("texts", "problem", message))
  } else found.push(finding("store", "ok", `${file} is whole, and all of its texts can be read.`))
  if (compatible_from > schemaVersion) {
    const message = `A newer release wrote it, with version ${version}; this one knows versions up to ${schemaVersion}. Install that release.`
    return [...found, finding("schema", "problem", message)]
  }
  const next = version >= schemaVersion || version === 0 ? "" : ` It becomes ${schemaVersion} when an engine opens it.`
  return [...found, finding("schema", "ok", `Version ${version}.${next}`)]
}

/** The room that an engine should have: a migration and a backup copy the whole file. */
const ROOM = 100_000_000

const room = (file: string): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.try(() => {
    const { bavail, bsize } = fs.statfsSync(path.dirname(file))
    const free = bavail * bsize
    const needed = Math.max(ROOM, fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0)
    const shown = `${Math.round(free / 1_000_000)} MB are free`
    return free < needed
      ? finding("disk", "warning", `${shown}, too little for a copy of the store. Free some.`)
      : finding("disk", "ok", `${shown}.`)
  }).pipe(
    Effect.map((one) => [one]),
    // The folder is not there yet, or its file system does not say.
    Effect.orElseSucceed(() => [])
  )

/** What was found of a store, and the vector spaces that it has. */
export interface StoreFindings {
  readonly findings: ReadonlyArray<Finding>
  readonly spaces: ReadonlyArray<Space>
}

/** Whether libsql loads, and a file is a store that can be read, unless a process has it open. */
export const file = (file: string): Effect.Effect<StoreFindings> =>
  Effect.zipWith(driver, store(file), (found, { findings, spaces }) => ({ findings: [found, ...findings], spaces }))

const store = (file: string): Effect.Effect<StoreFindings> =>
  Effect.gen(function* () {
    const disk = yield* room(file)
    const without = (found: Finding) => ({ findings: [found, ...disk], spaces: [] })
    if (!fs.existsSync(file)) {
      const message = `There is none at ${file} yet. The first command that creates something makes it.`
      return without(finding("store", "warning", message))
    }
    const pid = FileLock.holder(fs.realpathSync(file))
    if (pid !== undefined && pid !== process.pid) {
      const message = `Process ${pid} has ${file} open, so its content was not checked. Stop it to check all.`
      return without(finding("store", "ok", message))
    }
    return yield* Effect.match(EngineStorage.inspected(file), {
      onFailure: ({ message }) => without(finding("store", "problem", message)),
      onSuccess: (found) => ({ findings: [...content(found, file), ...disk], spaces: found.spaces })
    })
  })
