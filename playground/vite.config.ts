/** Builds the playground into `dist/playground`, or serves it to contributors in front of a running `effect-julep serve`. */
import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** The server that `npm run playground` asks. */
const server = process.env["JULEP_API_URL"] ?? "http://127.0.0.1:8080"

export default defineConfig(({ command }) => ({
  root: pathOf("."),
  // Relative, because a proxy may have the server below a path of its own.
  base: command === "build" ? "./" : "/playground/",
  plugins: [react()],
  // Also where a test builds the page: React is another one elsewhere.
  define: command === "build" ? { "process.env.NODE_ENV": JSON.stringify("production") } : {},
  resolve: { alias: { "effect-julep": pathOf("../src/index.ts") } },
  server: { proxy: { "^/(api|docs)": { target: new URL(server).origin, changeOrigin: true } } },
  build: {
    outDir: pathOf("../dist/playground"),
    emptyOutDir: true,
    target: "es2023",
    // Browsers of 2024, which know light-dark().
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    sourcemap: false,
    // Its code is inline, and a module that a page names is loaded early anyway.
    modulePreload: false,
    // The policy of the page allows `data:` for images alone.
    assetsInlineLimit: 0,
    // A gate has the limit.
    chunkSizeWarningLimit: 1000
  }
}))
