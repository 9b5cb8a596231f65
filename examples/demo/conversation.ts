/** A conversation from end to end: an agent with docs, a user it remembers, and the history read back. */
import { Effect, Schema, Stream } from "effect"
import {
  type ChatInput,
  type ChatResponse,
  contentText,
  FunctionCall,
  type InputChatMLMessage,
  Julep,
  messageText,
  type SessionId
} from "effect-julep"
import { pause } from "./engine.js"
import * as print from "./print.js"

const AGENT = "Ada"
const USER = "Sam"

const instructions = ["Be brief.", "Say which doc an answer is from."]

const docs = [
  {
    title: "Returns and refunds",
    content: [
      "An unopened bag can be returned within 30 days of delivery. We pay for the label, which comes by e-mail.",
      "An opened bag can be exchanged once, within 14 days, for another coffee of the same price.",
      "Refunds go back to the card that paid. The money is back after 3 to 5 working days."
    ]
  },
  {
    title: "Delivery",
    content: [
      "Orders placed before 14:00 are roasted the same day and leave the next morning. Shipping takes two working days.",
      "Shipping is free above 40 euros. Below that it costs 4.50 euros, wherever in the country it goes.",
      "Parcels that nobody takes in wait at the post office for seven days."
    ]
  },
  {
    title: "Brewing guide",
    content: [
      "Pour-over: 60 grams of coffee a litre, water of 94 degrees, a medium grind.",
      "French press: a coarse grind, water of 96 degrees, and four minutes of patience before you press.",
      "Espresso: 18 grams in, 36 grams out, in 25 to 30 seconds."
    ]
  }
] as const

const usersDocs = [
  {
    title: "Subscription of Sam",
    content: [
      "Sam gets 500 grams of Sidamo every second Friday.",
      "A delivery of the subscription can be paused until the Wednesday before."
    ]
  }
] as const

const orderStatus = {
  name: "order_status",
  description: "Says where an order is",
  parameters: {
    type: "object",
    properties: { order_number: { type: "integer", description: "The number of the order" } },
    required: ["order_number"]
  }
} as const

/** The answer of the shop's own system. */
const lookUp = (number: unknown) => ({ order_number: number, state: "shipped", expected: "Thursday" })

const decodeCall = Schema.decodeUnknown(Schema.parseJson(FunctionCall))
const decodeArguments = Schema.decodeUnknown(Schema.parseJson(Schema.Struct({ order_number: Schema.Number })))

/** A turn of new messages alone. */
interface Turn extends ChatInput {
  readonly messages: ReadonlyArray<InputChatMLMessage>
}

const ask = (content: string): Turn => ({ messages: [{ role: "user", content }] })

const program = Effect.gen(function* () {
  const julep = yield* Julep

  print.line(print.bold("effect-julep demo"))
  print.line("A conversation with an agent in this process: no server, no key, no network.")

  const agent = yield* julep.agents.create({
    name: AGENT,
    about: "answers the customers of a small coffee roaster",
    instructions,
    functions: [orderStatus],
    docs
  })
  const user = yield* julep.users.create({ name: USER, about: "a customer since 2023", docs: usersDocs })
  const session = yield* julep.sessions.create({
    agent_id: agent.id,
    user_id: user.id,
    situation: `${USER} writes in the chat window of the shop.`
  })

  print.heading("Setup")
  print.entry("store", "a temporary file database, deleted at the end")
  print.entry("model", "offline: it quotes its prompt, and calls a tool that the request names")
  print.entry("agent", `${AGENT}, who ${agent.about}`)
  print.note(`instructions: ${instructions.join(" ")}`)
  print.note(`docs: ${docs.map(({ title }) => title).join(", ")}`)
  print.note(`tool: ${orderStatus.name}`)
  print.entry("user", `${USER}, ${user.about}`)
  print.note(`docs: ${usersDocs.map(({ title }) => title).join(", ")}`)
  print.entry("session", session.situation ?? "")

  const titles = new Map(
    [...(yield* julep.docs.list({ agent_id: agent.id })), ...(yield* julep.docs.list({ user_id: user.id }))].map(
      (doc): [string, string] => [doc.id, doc.title]
    )
  )
  const details = ({ doc_ids, usage }: ChatResponse): string => {
    const used = [...(doc_ids?.agent_doc_ids ?? []), ...(doc_ids?.user_doc_ids ?? [])]
    const recalled = used.length === 0 ? "no docs" : `docs: ${used.map((id) => titles.get(id) ?? id).join(", ")}`
    return `${recalled} | tokens: ${usage.prompt_tokens} in, ${usage.completion_tokens} out`
  }

  const turn = Effect.fnUntraced(function* (about: string, id: SessionId, input: Turn) {
    yield* pause
    const reply = yield* julep.sessions.chat(id, input)
    const [question] = input.messages
    print.line()
    print.line(print.faint(`  ${about}`))
    if (question?.role === "function") print.entry("tool", contentText(question.content), print.blue)
    else print.entry(USER, contentText(question?.content ?? ""), print.blue)
    const said = reply.response[0][0]
    if (said.role !== "function_call") print.entry(AGENT, messageText(reply), print.green)
    else {
      const call = yield* decodeCall(contentText(said.content))
      print.entry(AGENT, `calls ${call.name} ${call.arguments}`, print.green)
    }
    print.note(details(reply))
    return reply
  })

  print.heading("The conversation")
  yield* turn("A fact to remember.", session.id, ask("I brew with a French press, and I have a hand grinder."))
  yield* turn("Answered from a doc.", session.id, ask("How long can I exchange an opened bag?"))
  yield* turn("From another doc.", session.id, ask("How much is shipping?"))
  yield* turn('A follow-up: "it" refers to the question before.', session.id, ask("And how long does it take?"))
  yield* turn("Answered from an earlier message.", session.id, ask("What do I brew with?"))
  yield* turn("Answered from the doc about it.", session.id, ask("How coarse is the grind for a French press?"))
  yield* turn("Answered from a doc of the user.", session.id, ask("Until when can I pause my subscription?"))

  const call = yield* turn("The request names the tool to call.", session.id, {
    ...ask("Where is my order 1042?"),
    tool_choice: { type: "function", function: { name: orderStatus.name } }
  })
  const { id, arguments: args } = yield* decodeCall(contentText(call.response[0][0].content))
  const { order_number } = yield* decodeArguments(args)
  yield* turn("The program has run the tool and sends back the result.", session.id, {
    messages: [
      { role: "function", name: orderStatus.name, content: JSON.stringify(lookUp(order_number)), tool_call_id: id }
    ]
  })
  yield* turn("No doc, memory or message answers this.", session.id, ask("Do you sell teapots?"))

  const later = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
  yield* turn(
    "Days later, in a new session: an empty history, but a memory.",
    later.id,
    ask("Which grinder do I have?")
  )

  print.heading("Jobs")
  for (const job of [...agent.jobs, ...user.jobs]) {
    const { name, reason, state } = yield* julep.jobs.await(job, { timeout: "10 seconds" })
    print.entry(state, `${name}: ${reason ?? ""}`)
  }

  print.heading('Memories of Sam, by the query "grinder"')
  for (const memory of yield* julep.memories.list({ agent_id: agent.id, user_id: user.id, query: "grinder" })) {
    print.entry("-", memory.content)
    print.note(`from ${print.count(memory.source_message_ids?.length ?? 0, "message")}`)
  }

  print.heading("The history of the first session, read back")
  yield* julep.sessions.historyAll(session.id).pipe(
    Stream.runForEach((message) =>
      Effect.sync(() => {
        const text = contentText(message.content)
        print.entry(
          message.role.replace("function_call", "call").replace("function", "result"),
          text.length > 76 ? `${text.slice(0, 73)}...` : text
        )
      })
    )
  )

  print.heading("Where to go next")
  print.entry("yours", 'npm run demo -- --docs <file or folder> --ask "a question"')
  print.entry("code", "examples/effect, and the same with promises in examples/promise")
  print.entry("models", "docs/models.md shows how to use a language model")
})

/** Runs the conversation and prints it. */
export const conversation = program
