import * as Effect from "effect/Effect"
import { operatorCommand } from "../api.js"
import { printValue } from "../output.js"

const docsOf = (count: number) => (count === 1 ? "1 doc" : `${count} docs`)

export const command = operatorCommand({
  description:
    "Embeds all docs of every developer again, with the embedder of the environment: after its model changed, or after there was none.",
  example: "DOCS_EMBEDDING_SERVICE_URL=http://localhost:8080/v1 effect-julep reindex",
  config: {},
  run: (operator, { json }) =>
    Effect.flatMap(operator.reindex, (result) =>
      printValue({ json }, result, ({ docs, done }) =>
        done ? `Embedded ${docsOf(docs)} again.` : `The server embeds ${docsOf(docs)} again, in the background.`
      )
    )
})
