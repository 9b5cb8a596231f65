import { fileURLToPath } from "node:url"
import * as v8 from "node:v8"
import { configDefaults, defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/**
 * What `npm run test:quick` leaves out, so that it answers in about 40 seconds. `npm test` runs all of it.
 *
 * - soaks: processes that are killed, and sizes that fill a disk or a queue;
 * - bodies at the limit of their size and of a gigabyte, over sockets, and docs and histories that are too long to delete at once;
 * - texts of megabytes and generated ones, which are split, and written and read back;
 * - the queue of texts to embed, whose endpoint is slow, down for an hour, or shared by thousands of docs;
 * - the demo, the examples and the blocks of the documentation, which are compiled or run as programs;
 * - everything else that starts processes: locks between them, and how a process ends;
 * - the remote half of the conformance suites, which are the suites of the embedded half with HTTP between, and the suites of
 *   raw requests;
 * - the clients of others over HTTP, a server with its limits, and the commands of the program, each with an engine of its own;
 * - the playground, in Chromium;
 * - sockets that stall, break off or are retried, and calls and streams that are cancelled: the transport's own tests, and
 *   those of the relay to an endpoint, and of the endpoints of models and embedders;
 * - everything over PostgreSQL, the driver for it, and moves of stores;
 * - the walks of all operations with wrong bodies, with all statuses, under a key and with ids that are none, and the recorded
 *   exchanges;
 * - templates without an end, which run until their budget is used, and random histories;
 * - the property tests that compare the compiled codecs with Schema, value by value, and those of random JSON Schemas;
 * - the methods of the client with promises, in both modes: they wrap those of the suites;
 * - the entries for `@effect/ai` and MCP, and what runs of tools do at servers and with promises: the embedded suites have
 *   runs;
 * - what an editor shows, which a language server is asked for, and the measures of the benchmarks;
 * - stores and layers of engines by themselves, which the conformance suites use.
 *
 * It also does what the tests named SOAK do less often.
 */
const slow = [
  "test/soak/**",
  "test/engine/{http/BodyLimit,model/bodyLimit}.test.ts",
  "test/engine/storage/sqlite/{Damage,Purge}.test.ts",
  "test/engine/usecases/resources/Histories.test.ts",
  "test/engine/text/{Markdown,Passages,SystemMessage,Tables}.test.ts",
  "test/engine/jobs/{Embedding,EmbedMessages}.test.ts",
  "test/engine/usecases/recall/EmbedQueue.test.ts",
  "test/examples/demo.test.ts",
  "test/readme.test.ts",
  "test/coldStart.test.ts",
  "test/{embedded.processes,hiddenClasses}.test.ts",
  "test/promise/close.test.ts",
  "test/cli/**",
  "test/mcp/{agentServerStdio,mcpTools}.test.ts",
  "test/engine/storage/libsql/FileLock.test.ts",
  "test/conformance.{remote,requests}.test.ts",
  "test/interop/**",
  "test/server/**",
  "test/playground/chromium.test.ts",
  "test/**/postgres/**",
  "test/conformance.postgres.test.ts",
  "test/{engine/storage/moves,layers/postgres}.test.ts",
  "test/transport/**",
  "test/streaming/**",
  "test/promise/{abort,response,responseOfRuns,run,streams,surface}.test.ts",
  "test/engine/relay/**",
  "test/contract/{messages,methodErrors,recordings}.test.ts",
  "test/{engine/http/keys,services/ids}.test.ts",
  "test/engine/{model/JinjaTemplates,usecases/prompt/Conversation}.test.ts",
  "test/ai/**",
  "test/embedded.test.ts",
  "test/engine/storage/libsql-store.test.ts",
  "test/layers/{reindex,CommonEndpointOptions,backup}.test.ts",
  "test/mcp/**",
  "test/services/run*.test.ts",
  "test/services/object/**",
  "test/types/hovers.test.ts",
  "test/bench/**",
  "test/engine/model/{offlineSchemas,requestSchemas}.test.ts",
  "test/engine/jobs/JobRunner.test.ts",
  "test/engine/model/{embeddings,endpoint,openai,replies}.test.ts",
  "test/schema/{compiled,roundtrip}.test.ts"
]

/**
 * vitest starts with the largest files. These take longest, and most of them are small: their tests are in `test/suites`, or
 * wait for processes. One that started last would run alone.
 */
const longest = [
  "conformance.remote",
  "conformance.postgres",
  "playground/chromium",
  "conformance",
  "engine/storage/postgres/store",
  "soak/megabytes",
  "cli/program",
  "soak/postgres.kill",
  "readme",
  "services/run",
  "soak/turns",
  "engine/storage/libsql-store",
  "engine/storage/postgres/Vectors",
  "soak/crash",
  "conformance.requests",
  "soak/servers.kill",
  "examples/demo"
].map((name) => `/test/${name}.test.ts`)

class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = longest.findIndex((name) => moduleId.endsWith(name))
      return found < 0 ? longest.length : found
    }
    // The order of equal ranks stays.
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other))
  }
}

/**
 * For two cores. The quick tests compute all the time. The others wait for processes and servers for a quarter of theirs, which a
 * third thread uses. All threads stay until the end of the run, because tinypool ends the run when it ends two idle ones.
 */
const threadsOf = (mode: string): number => (mode === "quick" ? 2 : 3)

// Tests create much and keep little: with 16 MB, Node's default, collecting young objects takes a tenth of their CPU.
v8.setFlagsFromString("--max-semi-space-size=64")

export default defineConfig(({ mode }) => ({
  // The package's imports map leads to dist, and so does its name, by which the playground imports it. Tests are of the sources.
  resolve: {
    alias: [
      { find: "#embedded", replacement: fileURLToPath(new URL("src/promise/embedded.ts", import.meta.url)) },
      { find: /^effect-julep$/, replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)) }
    ]
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...(mode === "quick" ? slow : [])],
    env: mode === "quick" ? { SOAK: "20" } : {},
    testTimeout: 20_000,
    globalSetup: ["test/support/postgres/setup.ts", "test/support/programsSetup.ts"],
    sequence: { sequencer: LongestFirst },
    silent: "passed-only",
    pool: "threads",
    // Loading the same modules for each of many files takes longer than running their tests.
    poolOptions: { threads: { minThreads: threadsOf(mode), maxThreads: threadsOf(mode), isolate: false } }
  }
}))
