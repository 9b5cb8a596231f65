import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  // The package's imports map leads to dist; tests are of the sources.
  resolve: { alias: { "#embedded": fileURLToPath(new URL("src/promise/embedded.ts", import.meta.url)) } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    silent: "passed-only",
    pool: "threads",
    // Loading the same modules for each of many files takes longer than running their tests.
    poolOptions: { threads: { maxThreads: 2, isolate: false } }
  }
})
