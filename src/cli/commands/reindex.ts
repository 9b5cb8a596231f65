import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { operatorCommand } from "../api.js"
import { printValue } from "../output.js"
import * as Progress from "../progress.js"

const docsOf = (count: number) => (count === 1 ? "1 doc" : `${count} docs`)

export const command = operatorCommand({
  description:
    "Embeds all docs, messages and memories of every developer again: after the model of the embedder changed, or after there was none. The embedder is that of the environment, or of the server that has the store open.",
  example: "DOCS_EMBEDDING_SERVICE_URL=http://localhost:8080/v1 effect-julep reindex",
  config: {
    withoutEmbedder: Options.boolean("without-embedder").pipe(
      Options.withDescription("Only delete the vectors of a store that no server has open: recall then matches words.")
    )
  },
  run: (operator, { json, withoutEmbedder }) =>
    Progress.make("Docs").pipe(
      Effect.flatMap((progress) => operator.reindex(progress, withoutEmbedder)),
      // The line of the progress is gone before the result is printed.
      Effect.scoped,
      Effect.flatMap((result) =>
        printValue({ json }, result, ({ docs, done }) => {
          if (!done) return `The server embeds ${docsOf(docs)} again, in the background.`
          return withoutEmbedder ? `Deleted the vectors of ${docsOf(docs)}.` : `Embedded ${docsOf(docs)} again.`
        })
      )
    )
})
