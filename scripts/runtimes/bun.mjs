import { assertConverses, bin, command, versionOf } from "./project.mjs"

const ran = (folder, program) => assertConverses(command(bin(folder, "bun"), ["run", program], { cwd: folder }))

export const bun = {
  name: "Bun",
  packages: ["bun@1.4.5"],
  version: ({ folder }) => versionOf(folder, "bun"),
  remote: async ({ folder }) => {
    ran(folder, "runRemote.js")
    return "both clients"
  },
  engine: async ({ folder }) => {
    ran(folder, "runEmbedded.js")
    return "the engine with libsql, in a file and in memory"
  }
}
