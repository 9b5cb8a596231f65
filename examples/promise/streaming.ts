/**
 * Streamed replies: printed piece by piece, collected, and stopped early.
 * `npx tsx examples/promise/streaming.ts`
 */
import { type ChatStreamEvent, Client, deltaText, messageText } from "effect-julep/promise"

const client = Client.embedded({ storage: "memory" })

const agent = await client.agents.create({
  name: "Ada",
  docs: [{ title: "Tea", content: "Green tea takes two minutes at 80 degrees. Black tea takes four minutes." }]
})
const session = await client.sessions.create({ agent_id: agent.id })
const ask = (content: string, options?: { readonly signal: AbortSignal }) =>
  client.sessions.chatStream(session.id, content, options)

// Piece by piece. The last event has the finish reason and the token usage.
for await (const event of ask("How long does black tea take?")) {
  process.stdout.write(event.finish_reason === null ? deltaText(event) : "\n")
}

// Or the whole reply.
const whole = await ask("And green tea?").accumulate()
console.log(`${messageText(whole)} (${whole.usage?.completion_tokens} tokens)`)

// Or as a web stream, for the response of a route handler.
const words = new TransformStream<ChatStreamEvent, string>({
  transform: (event, controller) => controller.enqueue(deltaText(event))
})
const body = ask("And green tea?").toReadableStream().pipeThrough(words).pipeThrough(new TextEncoderStream())
console.log(await new Response(body).text())

// To stop the model, stop reading. The history keeps the text so far, as a message marked `aborted`.
let pieces = 0
for await (const event of ask("Tell me about tea.")) {
  if (deltaText(event) !== "" && ++pieces === 2) break
}
const last = (await client.sessions.history(session.id)).at(-1)
console.log(last?.aborted === true ? `Stopped after ${JSON.stringify(messageText(last))}` : "Not stopped")

// A signal stops it from outside, and the loop throws the signal's reason.
const controller = new AbortController()
try {
  for await (const _event of ask("Tell me about tea.", controller)) controller.abort()
} catch (error) {
  console.log(`Stopped by a signal: ${error instanceof Error ? error.name : error}`)
}

await client.close()
