import * as Args from "@effect/cli/Args"
import * as Effect from "effect/Effect"
import { operatorCommand } from "../api.js"
import { printValue } from "../output.js"

export const command = operatorCommand({
  description:
    "Copies a store to a new file, with all that is committed when the copy begins. It works while a server uses the store, which then writes the file on its machine.",
  example: "effect-julep backup monday.db",
  config: { file: Args.text({ name: "file" }).pipe(Args.withDescription("The new file.")) },
  run: (operator, { file, json }) =>
    Effect.flatMap(operator.backup(file), (written) =>
      printValue({ json }, { file: written }, () => `The copy is ${written}.`)
    )
})
