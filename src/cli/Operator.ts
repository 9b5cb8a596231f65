/** What the operator does with a store: over the store, or over the server that has it open. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Admin } from "../layers/Admin.js"
import { layerFetch } from "../layers/Http.js"
import { Julep as Client } from "../layers/Julep.js"
import { JulepConfig } from "../layers/JulepConfig.js"
import type { ApiKey, ApiKeyId, CreateApiKeyInput, CreatedApiKey } from "../schema/ApiKey.js"
import {
  AdminApi,
  EXPORT_PATH,
  IMPORT_PATH,
  ImportReport,
  NDJSON,
  type Pruned,
  type PruneInput
} from "../schema/api/AdminApi.js"
import { decoder } from "../schema/Compiled.js"
import * as ApiClient from "../services/ApiClient.js"
import { toCallError, toGetError, toWriteError } from "../services/errors.js"
import { checkExists, optionOf, type Server, type Store, storageOf, type TargetOptions, target } from "./Connection.js"
import { CommandFailed, type Failure, UsageError } from "./exitCodes.js"
import { chunksOf, type NdjsonChunk } from "./ndjsonChunks.js"
import type { Progress } from "./progress.js"

export interface Operator {
  readonly keys: {
    readonly create: (input: CreateApiKeyInput) => Effect.Effect<CreatedApiKey, Failure>
    readonly list: Effect.Effect<ReadonlyArray<ApiKey>, Failure>
    readonly revoke: (id: ApiKeyId) => Effect.Effect<void, Failure>
  }
  /** Copies the store to a new file, and returns where it is. */
  readonly backup: (file: string) => Effect.Effect<string, Failure>
  /**
   * Embeds all docs, messages and memories again, or only deletes their vectors, and returns the number of docs. A server
   * uses its own embedder, and goes on in the background.
   */
  readonly reindex: (
    progress: Progress,
    withoutEmbedder: boolean
  ) => Effect.Effect<{ readonly docs: number; readonly done: boolean }, Failure>
  /** Deletes some of what is no longer needed: `more` says whether to do it again. */
  readonly prune: (input: PruneInput) => Effect.Effect<Pruned, Failure>
  /**
   * Everything of a developer, or of all, as the bytes of lines of JSON. Of a server of v0.3, what its API has; `warn` is run
   * with what it lacks.
   */
  readonly exportAll: (
    developer: string | undefined,
    warn: (text: string) => Effect.Effect<void>
  ) => Stream.Stream<Uint8Array, Failure>
  /** Writes such lines into the store. `developer`: whose they become, else whose they were. */
  readonly importAll: (
    bytes: Stream.Stream<Uint8Array, Failure>,
    options: {
      readonly developer: string | undefined
      readonly onProgress: Progress
    }
  ) => Effect.Effect<ImportReport, Failure>
}

/** Over a store, which each operation opens for itself. */
const overStore = (store: Store): Operator => {
  const storage = storageOf(store)
  const loaded = Effect.promise(() => import("../layers/StoreAdmin.js"))
  /** The operator's side of the store, which is open until the scope closes. */
  const opened: Effect.Effect<Admin.Service, Failure, Scope.Scope> = Effect.flatMap(loaded, ({ Admin, layer }) =>
    Effect.map(Layer.build(layer(optionOf(store))), (context) => Context.get(context, Admin))
  )
  const withKeys = <A>(use: (keys: Admin.Service["keys"]) => Effect.Effect<A, Failure>): Effect.Effect<A, Failure> =>
    Effect.scoped(Effect.flatMap(opened, ({ keys }) => use(keys)))
  return {
    keys: {
      create: (input) => withKeys(({ create }) => create(input)),
      list: withKeys(({ list }) => list),
      revoke: (id) => withKeys(({ revoke }) => revoke(id))
    },
    backup: (file) =>
      Effect.gen(function* () {
        const target = path.resolve(file)
        if (store._tag === "File" && fs.existsSync(target)) {
          return yield* new UsageError({ message: `The file ${target} exists already. Name a new one.` })
        }
        yield* Effect.flatMap(loaded, ({ backUp }) => backUp(target, storage))
        return target
      }),
    reindex: (progress, without) =>
      Effect.gen(function* () {
        const { hasEmbedder, reindex } = yield* loaded
        if (!without && !(yield* hasEmbedder)) {
          const message =
            "There is no embedder: set DOCS_EMBEDDING_SERVICE_URL, or delete all vectors with --without-embedder."
          return yield* new UsageError({ message })
        }
        return { docs: yield* reindex(storage, without ? "none" : undefined, progress), done: true }
      }),
    prune: ({ dry_run, memories_before, sessions_before, vacuum }) =>
      Effect.gen(function* () {
        if (vacuum) yield* Effect.flatMap(loaded, ({ checkVacuum }) => checkVacuum(storage))
        const { prune } = yield* opened
        return yield* prune({
          dryRun: dry_run,
          memoriesBefore: memories_before?.getTime(),
          sessionsBefore: sessions_before?.getTime(),
          vacuum
        })
      }).pipe(Effect.scoped),
    exportAll: (developer) =>
      Stream.unwrapScoped(
        Effect.map(opened, ({ exportAll }) =>
          Stream.encodeText(exportAll(developer === undefined ? undefined : [developer]))
        )
      ),
    importAll: (bytes, options) => Effect.scoped(Effect.flatMap(opened, ({ importAll }) => importAll(bytes, options)))
  }
}

const decodeReport = decoder(Schema.parseJson(ImportReport))

const sum = (one: ImportReport["written"], other: ImportReport["written"]): ImportReport["written"] => {
  const counts = { ...one }
  for (const [kind, count] of Object.entries(other)) counts[kind] = (counts[kind] ?? 0) + count
  return counts
}

const NOTHING: ImportReport = { written: {}, unchanged: {}, skipped: 0, rows: [], complete: false }

/** The report of two parts that follow each other. */
const together = (one: ImportReport, other: ImportReport): ImportReport => ({
  written: sum(one.written, other.written),
  unchanged: sum(one.unchanged, other.unchanged),
  skipped: one.skipped + other.skipped,
  rows: [...one.rows, ...other.rows].slice(0, 1000),
  complete: other.complete
})

const withDeveloper = (developer: string | undefined): { readonly developer_id?: string } =>
  developer === undefined ? {} : { developer_id: developer }

/** Over the server that has a store open, or over one that is named by its URL. */
const overServer = ({ key, pid, url }: Server): Effect.Effect<Operator, Failure> =>
  Effect.gen(function* () {
    const client = yield* ApiClient.group(
      AdminApi,
      {
        createKey: toWriteError,
        listKeys: toCallError,
        revokeKey: toGetError,
        backup: toWriteError,
        prune: toWriteError,
        reindex: toWriteError
      },
      "origin"
    )
    const { send, stream } = yield* ApiClient.transport("origin")
    const reindex: Operator["reindex"] = (_progress, withoutEmbedder) =>
      withoutEmbedder
        ? new UsageError({
            message: "--without-embedder works on a store that no server has open: stop the server first."
          })
        : Effect.map(client.reindex({}), ({ docs }) => ({ docs, done: false }))
    const importPart = ({ bytes, firstLine }: NdjsonChunk, developer: string | undefined) =>
      send(
        HttpClientRequest.post(IMPORT_PATH).pipe(
          HttpClientRequest.setUrlParams({ ...withDeveloper(developer), first_line: String(firstLine) }),
          HttpClientRequest.bodyUint8Array(bytes, NDJSON)
        )
      ).pipe(
        Effect.mapError(toWriteError),
        Effect.flatMap(({ bodyText }) =>
          Effect.mapError(
            decodeReport(bodyText),
            () => new CommandFailed({ message: `${url} does not answer as a server of effect-julep.` })
          )
        )
      )
    return {
      keys: {
        create: (payload: CreateApiKeyInput) => client.createKey({ payload }),
        list: Effect.map(client.listKeys({}), ({ items }) => items),
        revoke: (key_id: ApiKeyId) => Effect.asVoid(client.revokeKey({ path: { key_id } }))
      },
      // A server that was found by its store runs on this machine, elsewhere.
      backup: (file: string) =>
        Effect.map(
          client.backup({ payload: { file: pid === undefined ? file : path.resolve(file) } }),
          (written) => written.file
        ),
      reindex,
      prune: (payload: PruneInput) => client.prune({ payload }),
      exportAll: (developer: string | undefined, warn: (text: string) => Effect.Effect<void>) =>
        stream(HttpClientRequest.get(EXPORT_PATH).pipe(HttpClientRequest.setUrlParams(withDeveloper(developer)))).pipe(
          Stream.catchAll((error): Stream.Stream<Uint8Array, Failure> => {
            // A server that is not this package's has no such path.
            if (error._tag !== "NotFound") return Stream.fail(error)
            const headers: Record<string, string> = developer === undefined ? {} : { "x-developer-id": developer }
            return Stream.unwrap(
              Effect.map(
                Effect.promise(() => import("./exportV03.js")),
                ({ exportV03 }) => exportV03(warn)
              )
            ).pipe(Stream.provideLayer(Client.layerFetch({ baseUrl: url, apiKey: key, headers })))
          })
        ),
      importAll: (
        bytes: Stream.Stream<Uint8Array, Failure>,
        { developer, onProgress }: Parameters<Operator["importAll"]>[1]
      ) =>
        Stream.runFoldEffect(chunksOf(bytes), NOTHING, (report, part) =>
          Effect.zipRight(
            onProgress(part.firstLine - 1),
            Effect.map(importPart(part, developer), (done) => together(report, done))
          )
        )
    }
  }).pipe(Effect.provide(Layer.merge(layerFetch, JulepConfig.layer({ baseUrl: url, apiKey: key }))))

/** What the options name, for its operator. `creates`: whether a store that is not there is created. */
export const operator = (
  given: TargetOptions,
  { creates }: { readonly creates: boolean }
): Effect.Effect<Operator, Failure> =>
  Effect.flatMap(target(given), (to) =>
    to._tag === "Server" ? overServer(to) : Effect.as(checkExists(to, creates), overStore(to))
  )
