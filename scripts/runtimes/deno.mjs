import { assertConverses, bin, command, versionOf } from "./project.mjs"

const ran = (folder, program, permissions) =>
  assertConverses(
    command(bin(folder, "deno"), ["run", "--no-prompt", "--node-modules-dir=manual", ...permissions, program], {
      cwd: folder,
      env: { DENO_NO_UPDATE_CHECK: "1" }
    })
  )

export const deno = {
  name: "Deno",
  packages: ["deno@2.9.6"],
  version: ({ folder }) => versionOf(folder, "deno"),
  remote: async ({ folder }) => {
    ran(folder, "runRemote.js", ["--allow-net", "--allow-env"])
    return "both clients, with --allow-net and --allow-env"
  },
  engine: async ({ folder }) => {
    ran(
      folder,
      "runEmbedded.js",
      ["net", "env", "read", "write", "ffi", "sys"].map((name) => `--allow-${name}`)
    )
    return "the engine with libsql, in a file and in memory"
  }
}
