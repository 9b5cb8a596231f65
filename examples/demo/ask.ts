/** Questions about the user's own documents. */
import { Effect } from "effect"
import { Julep, messageText } from "effect-julep"
import type { Document } from "./documents.js"
import { pause } from "./engine.js"
import * as print from "./print.js"

/** Loads documents as docs of an agent, asks the questions in one session, and prints the answers. */
export const askAbout = Effect.fnUntraced(function* (
  documents: ReadonlyArray<Document>,
  questions: ReadonlyArray<string>
) {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Reader", instructions: ["Answer from the docs."] })
  const titles = new Map<string, string>()
  const loading = performance.now()
  for (const { text, title } of documents) {
    print.progress(`Loading ${titles.size + 1} of ${documents.length}: ${title}`)
    yield* pause
    const { id } = yield* julep.docs.create({ agent_id: agent.id, doc: { title, content: text } })
    titles.set(id, title)
  }
  print.progressEnd()
  const bytes = documents.reduce((sum, document) => sum + document.bytes, 0)
  print.line(
    `Loaded ${print.count(documents.length, "doc")} (${print.size(bytes)}) in ${print.time(performance.now() - loading)}.`
  )

  const session = yield* julep.sessions.create({ agent_id: agent.id })
  for (const question of questions) {
    yield* pause
    const start = performance.now()
    const reply = yield* julep.sessions.chat(session.id, question)
    const took = performance.now() - start
    const recalled = (reply.doc_ids?.agent_doc_ids ?? []).map((id) => titles.get(id) ?? id)
    print.line()
    print.entry("You", question, print.blue)
    print.entry("Reader", messageText(reply), print.green)
    print.note(`passages from: ${recalled.length === 0 ? "no doc" : recalled.join(", ")}`)
    print.note(`${print.time(took)} | tokens: ${reply.usage.prompt_tokens} in, ${reply.usage.completion_tokens} out`)
  }
  print.line()
  print.line(print.faint("The offline model quotes the docs. docs/models.md shows how to use a language model."))
})
