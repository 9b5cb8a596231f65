/** The rooms of `src` and of the playground, and who may import what: the table of the architecture, as rules. Type-only imports count. */
import { isBuiltin } from "node:module"
import * as path from "node:path"
import { imports, tokens } from "./imports.js"

export interface SourceFile {
  /** Relative to the root of the project, with forward slashes. */
  readonly file: string
  readonly source: string
}

interface Room {
  readonly name: string
  readonly files: RegExp
  /** The rooms it may import from, itself included. */
  readonly ours: ReadonlyArray<string>
  readonly outside: (specifier: string) => boolean
}

const effect = /^effect\/\w+/
const platform = /^@effect\/platform\/\w+/
const http = /^@effect\/platform\/(Http\w*|Headers|Cookies|UrlParams)$/
const sql = /^@effect\/sql|libsql/
const any =
  (...patterns: ReadonlyArray<RegExp>) =>
  (specifier: string) =>
    patterns.some((each) => each.test(specifier))
const none =
  (...patterns: ReadonlyArray<RegExp>) =>
  (specifier: string) =>
    !patterns.some((each) => each.test(specifier))

const schema = ["schema", "schema/api"]
/** What the stores on all SQL databases share. It knows no database: the dialects import it. */
const sqlStore = ["engine/storage", "engine/storage/commits", "engine/storage/codes"]
const storage = [...sqlStore, "engine/storage/sqlite", "engine/storage/libsql", "engine/storage/postgres"]
const model = ["engine/model", "engine/model/offline"]
/** The ground floor of the engine: what its other rooms stand on. */
const ground = [
  "engine/text",
  "engine/text/bounded",
  "engine/text/prompts",
  "engine/telemetry",
  "engine/ports",
  ...schema
]
/** Every decision. A folder of use cases imports the ones below it, never one above. */
const usecases = [
  "usecases",
  "usecases/recall",
  "usecases/prompt",
  "usecases/learn",
  "usecases/resources",
  "usecases/chat",
  "usecases/admin",
  "usecases/engine"
]
const engine = [...ground, ...usecases, "engine/http", "engine/jobs", ...storage, ...model]
const clientLayers = /^src\/layers\/(Julep|JulepConfig|Http)\.ts$/

/** In order: a file is in the first room that its path fits. */
export const rooms: ReadonlyArray<Room> = [
  {
    // The client does not import these: the platform's modules bring a router and a parser of forms.
    name: "schema/api/platform",
    files: /^src\/schema\/api\/(JulepApi|OpenAiApi|WireError|platform)\.ts$/,
    ours: ["schema/api/platform", ...schema],
    outside: any(effect, /^@effect\/platform\/HttpApi\w*$/)
  },
  {
    name: "schema/api",
    files: /^src\/schema\/api\//,
    ours: schema,
    outside: any(effect, /^@effect\/platform\/HttpMethod$/)
  },
  {
    name: "schema",
    files: /^src\/schema\//,
    ours: ["schema"],
    outside: any(effect)
  },
  { name: "transport", files: /^src\/transport\//, ours: ["transport", "schema"], outside: any(effect, http) },
  {
    name: "services",
    files: /^src\/services\//,
    ours: ["services", "transport", ...schema],
    outside: any(effect, platform)
  },
  {
    name: "engine/text/bounded",
    files: /^src\/engine\/text\/Bounded\.ts$/,
    ours: [],
    outside: () => false
  },
  {
    // Use cases write this markup of prompts, and the offline model reads it.
    name: "engine/text/prompts",
    files: /^src\/engine\/text\/(PromptMarkup|RecalledBlock|SystemMessage)\.ts$/,
    ours: ["engine/text/prompts"],
    outside: () => false
  },
  {
    name: "engine/text",
    files: /^src\/engine\/text\//,
    ours: ["engine/text", "engine/text/bounded", "engine/text/prompts"],
    outside: any(/^stemmer$/)
  },
  {
    name: "engine/telemetry",
    files: /^src\/engine\/telemetry\//,
    ours: ["engine/telemetry"],
    outside: any(effect)
  },
  {
    name: "engine/ports",
    files: /^src\/engine\/ports\//,
    ours: ["engine/ports", "engine/text", ...schema],
    outside: none(/^node:/, platform, sql)
  },
  {
    name: "usecases/recall",
    files: /^src\/engine\/usecases\/recall\//,
    ours: ["usecases/recall", "usecases", ...ground],
    outside: none(/^node:/, platform, sql)
  },
  {
    name: "usecases/prompt",
    files: /^src\/engine\/usecases\/prompt\//,
    ours: ["usecases/prompt", "usecases/recall", "usecases", ...ground],
    outside: none(/^node:/, platform, sql)
  },
  {
    name: "usecases/learn",
    files: /^src\/engine\/usecases\/learn\//,
    ours: ["usecases/learn", "usecases/prompt", "usecases/recall", "usecases", ...ground],
    outside: none(/^node:/, platform, sql)
  },
  {
    name: "usecases/resources",
    files: /^src\/engine\/usecases\/resources\//,
    ours: ["usecases/resources", "usecases/prompt", "usecases/recall", "usecases", ...ground],
    outside: none(/^node:/, platform, sql)
  },
  {
    name: "usecases/chat",
    files: /^src\/engine\/usecases\/chat\//,
    ours: [...usecases.filter((room) => room !== "usecases/engine" && room !== "usecases/admin"), ...ground],
    outside: none(/^node:/, platform, sql)
  },
  {
    // What the operator of a store does: keys, and rows on their way out and in.
    name: "usecases/admin",
    files: /^src\/engine\/usecases\/admin\//,
    ours: ["usecases/admin", "usecases/resources", "usecases/recall", "usecases", ...ground],
    outside: none(/^node:/, platform, sql)
  },
  {
    name: "usecases/engine",
    files: /^src\/engine\/usecases\/Engine\.ts$/,
    ours: [...usecases, ...ground],
    outside: none(/^node:/, platform, sql)
  },
  {
    name: "usecases",
    files: /^src\/engine\/usecases\//,
    ours: ["usecases", ...ground],
    outside: none(/^node:/, platform, sql)
  },
  {
    name: "engine/http",
    files: /^src\/engine\/http\//,
    ours: ["engine/http", "transport", "schema/api/platform", ...usecases, ...ground],
    outside: none(sql)
  },
  {
    name: "engine/jobs",
    files: /^src\/engine\/jobs\//,
    ours: ["engine/jobs", ...usecases, ...ground],
    outside: none(platform, sql)
  },
  {
    name: "engine/storage/libsql",
    files: /^src\/engine\/storage\/libsql\//,
    ours: ["engine/storage/libsql", "engine/storage/commits", "engine/text/bounded", "engine/telemetry", ...schema],
    outside: () => true
  },
  {
    // `pg` is loaded on first use; its types stay inside.
    name: "engine/storage/postgres/driver",
    files: /^src\/engine\/storage\/postgres\/driver\//,
    ours: [
      "engine/storage/postgres/driver",
      "engine/storage/commits",
      "engine/storage/codes",
      "engine/telemetry",
      ...schema
    ],
    outside: any(effect, /^@effect\/(sql|experimental)\/\w+$/, /^pg$/, /^node:crypto$/)
  },
  {
    // What errors of each database mean, for its driver and for the errors of the port.
    name: "engine/storage/codes",
    files: /^src\/engine\/storage\/codes\//,
    ours: schema,
    outside: any(effect, /^@effect\/sql\/SqlError$/)
  },
  {
    // What the drivers share.
    name: "engine/storage/commits",
    files: /^src\/engine\/storage\/(CachingCompiler|Commits|Mutex|Parameters|SqlDriver|Urgent)\.ts$/,
    ours: ["engine/telemetry", "engine/text/bounded"],
    outside: any(effect, /^@effect\/(sql|experimental)\/\w+$/)
  },
  {
    name: "engine/storage/sqlite",
    files: /^src\/engine\/storage\/sqlite\//,
    ours: ["engine/storage/sqlite", ...sqlStore, ...ground],
    outside: () => true
  },
  {
    name: "engine/storage/postgres",
    files: /^src\/engine\/storage\/postgres\//,
    ours: ["engine/storage/postgres", "engine/storage/postgres/driver", ...sqlStore, ...ground],
    outside: () => true
  },
  {
    name: "engine/storage",
    files: /^src\/engine\/storage\//,
    ours: [...sqlStore, ...ground],
    outside: () => true
  },
  {
    name: "engine/model/offline",
    files: /^src\/engine\/model\/offline\//,
    ours: ["engine/model/offline", "engine/text/bounded", "engine/text/prompts", "engine/ports", ...schema],
    outside: none(sql)
  },
  {
    name: "engine/model",
    files: /^src\/engine\/model\//,
    ours: [...model, ...ground, "transport"],
    outside: none(sql)
  },
  {
    name: "client layers",
    files: clientLayers,
    ours: ["client layers", "services", "transport", ...schema],
    outside: any(effect, platform)
  },
  {
    name: "layers",
    files: /^src\/layers\//,
    ours: ["layers", "client layers", "services", "transport", ...schema, ...engine],
    outside: () => true
  },
  {
    // The engine as a server: keys, limits, pages. The listener comes from the program, so it uses nothing of Node.
    name: "server",
    files: /^src\/server\//,
    ours: ["server", "layers", "client layers", ...schema],
    outside: any(effect, platform)
  },
  {
    name: "edges",
    files: /^src\/(promise|testing)(\/|\.ts$)/,
    ours: ["edges", "layers", "client layers", "services", ...schema],
    outside: () => true
  },
  {
    // The program `effect-julep`, which is bundled: nothing imports it.
    name: "cli",
    files: /^src\/cli\//,
    ours: ["cli", "server", "mcp", "layers", "client layers", "services", ...schema],
    outside: () => true
  },
  {
    // Between the ports of the engine, as `layers/EnginePorts.ts` gives them, and `@effect/ai`. Also for browsers.
    name: "ai",
    files: /^src\/ai\//,
    ours: ["ai", "layers", "client layers", "services", "transport", ...schema],
    outside: any(effect, /^@effect\/ai\/\w+$/)
  },
  {
    // Its tools with promises, which load none of `@effect/ai`.
    name: "mcp/promise",
    files: /^src\/mcp\/promise\//,
    ours: ["mcp/promise", "mcp", "edges"],
    outside: any(effect)
  },
  {
    // The Model Context Protocol. It serves any client of the API, and asks for the key of a server as the engine does.
    name: "mcp",
    files: /^src\/mcp\//,
    ours: ["mcp", "services", "engine/http", ...schema],
    outside: any(effect, platform, /^@effect\/(ai|rpc)\/\w+$/, /^@modelcontextprotocol\/client(\/stdio)?$/)
  },
  {
    // The page of a server, a program like any other: it has the package by its name.
    name: "playground",
    files: /^playground\/src\//,
    ours: ["playground"],
    outside: any(
      effect,
      /^effect-julep$/,
      /^react(-dom\/client)?$/,
      /^@effect-atom\/atom-react$/,
      // What tells atoms that their data has changed.
      /^@effect\/experimental\/Reactivity$/,
      /^marked$/
    )
  },
  {
    name: "index",
    files: /^src\/index\.ts$/,
    ours: ["client layers", "services", ...schema],
    outside: () => false
  },
  { name: "api", files: /^src\/api\.ts$/, ours: ["schema/api/platform"], outside: () => false },
  {
    name: "embedded",
    files: /^src\/embedded(\.browser)?\.ts$/,
    ours: ["layers", "client layers", "services", ...schema],
    outside: () => false
  }
]

const pure = new Set([
  "schema",
  "schema/api",
  "schema/api/platform",
  "transport",
  "services",
  "index",
  "api",
  "client layers",
  "ai",
  "mcp",
  "server",
  "playground"
])

export const roomOf = (file: string): Room | undefined => rooms.find(({ files }) => files.test(file))

/** Whether a specifier is a package of effect without a subpath: such barrels open hundreds of files. */
export const isBarrel = (specifier: string): boolean => /^(effect|@effect\/[\w-]+)$/.test(specifier)

const target = (file: string, specifier: string) =>
  path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, ".ts")

const faultOf = (file: string, room: Room, specifier: string): string | undefined => {
  if (specifier === "(computed)") return "imports what only the run can tell"
  if (!specifier.startsWith(".")) {
    if (isBarrel(specifier)) return `imports the barrel ${specifier}`
    if (pure.has(room.name) && isBuiltin(specifier)) return `imports ${specifier} of Node`
    return room.outside(specifier) ? undefined : `imports ${specifier} from outside`
  }
  if (!specifier.endsWith(".js")) return `imports ${specifier} without .js`
  const imported = target(file, specifier)
  const other = roomOf(imported)
  if (other === undefined) return `imports ${imported}, which is in no room`
  return room.ours.includes(other.name) ? undefined : `imports ${imported} of ${other.name}`
}

/** The imports of a file that its room does not allow. */
export const faults = ({ file, source }: SourceFile): ReadonlyArray<string> => {
  const room = roomOf(file)
  if (room === undefined) return [`${file} is in no room`]
  const found = imports(source).flatMap(({ specifier }) => faultOf(file, room, specifier) ?? [])
  const reads = pure.has(room.name) && tokens(source).some(({ kind, value }) => kind === "word" && value === "process")
  return [...found, ...(reads ? ["reads process"] : [])].map((fault) => `${file} (${room.name}) ${fault}`)
}

/** Examples use the package by its name, and files of their own folder. */
export const exampleFaults = ({ file, source }: SourceFile): ReadonlyArray<string> =>
  imports(source)
    .filter(({ specifier }) => specifier.startsWith(".") && !target(file, specifier).startsWith("examples/"))
    .map(({ specifier }) => `${file} imports ${specifier}`)

/** A test shares code through `support` and `suites`, never through another test. */
export const testFaults = ({ file, source }: SourceFile): ReadonlyArray<string> =>
  imports(source)
    .filter(({ specifier }) => /\.test(\.[jt]s)?$/.test(specifier))
    .map(({ specifier }) => `${file} imports ${specifier}`)
