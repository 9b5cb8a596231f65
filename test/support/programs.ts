/**
 * The programs that tests start as processes, as JavaScript in few files: Node starts one in a tenth of the time that it
 * takes where `tsx` loads each of a thousand modules.
 */
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { threadId } from "node:worker_threads"
import { inject } from "vitest"
import { bundle } from "./bundle.js"

const root = fileURLToPath(new URL("../..", import.meta.url))

const SOAK = "test/soak/support"

const programs = [
  "examples/demo/main.ts",
  "examples/effect/quickstart.ts",
  "examples/promise/quickstart.ts",
  "src/promise/index.ts",
  "test/engine/storage/libsql/support/holder.ts",
  ...["chatter", "claimer", "embedder", "indexer", "megabytes", "peer", "server"].map((name) => `${SOAK}/${name}.ts`),
  ...["postgresServer", "silentModel", "sleeper", "starter", "storm", "worker"].map((name) => `${SOAK}/${name}.ts`),
  ...["defaultStore", "mcpOfficial", "mcpStdio", "resourcesAlone", "turnsAlone"].map(
    (name) => `test/support/${name}.ts`
  )
]

const folder = path.join(inject("programsFolder"), String(threadId))

// At import, which no test's time limit is for.
await bundle(programs, root, folder)

/** The file of a program, which stands at this path of the repository without its extension. */
export const programFile = (program: string): string => path.join(folder, `${program}.js`)
