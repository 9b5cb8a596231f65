import * as Options from "@effect/cli/Options"
import * as Terminal from "@effect/platform/Terminal"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Julep } from "../../services/Julep.js"
import { connection, julep as layerOf, target } from "../Connection.js"
import { type Conversation, make as conversationOf } from "../chat/Conversation.js"
import { provideStore } from "../chat/provideStore.js"
import { slash } from "../chat/slash.js"
import { command as make } from "../command.js"
import { reportOmitted, summary } from "../documents/report.js"
import { type Failure, sentenceOf, UsageError } from "../exitCodes.js"
import { texts } from "../input.js"
import { model, modelOf } from "../model.js"
import { printError, printJson, Stdio } from "../output.js"
import { participants, participantsOf } from "../participants.js"
import { sanitizeForTerminal } from "../table.js"

const OFFLINE =
  "Replies come from the offline model, which only quotes what it finds. Give a model with --model ollama:NAME, " +
  "--model openai:NAME or --model URL#NAME, or set MODEL_INFERENCE_URL."

/** Adds files to the docs of the agent. One that fails does not keep the others from the conversation. */
const learn = ({ agent, julep }: Conversation, paths: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    if (paths.length === 0) return
    const { addDocs } = yield* Effect.promise(() => import("../documents/addDocs.js"))
    const added = yield* addDocs(julep, { agent_id: agent.id }, paths, { prune: false })
    yield* reportOmitted(added)
    yield* printError(`Docs: ${summary(added)}.`)
  })

/** Answers what is typed until the input ends. An error of one turn does not end the conversation. */
const converse = (conversation: Conversation): Effect.Effect<void, Failure, Stdio> =>
  Effect.gen(function* () {
    const { ask, colors } = yield* Stdio
    const prompt = colors ? "\u001b[1m> \u001b[22m" : "> "
    const failed = (error: Failure) => printError(sentenceOf(error))
    for (;;) {
      const answer = yield* ask(prompt)
      if (answer._tag === "Interrupted") return yield* new Terminal.QuitException()
      if (answer._tag !== "Text") return
      const text = answer.text.trim()
      if (text === "") continue
      yield* slash(text, conversation).pipe(
        Effect.flatMap((isSlash) => (isSlash ? Effect.void : conversation.say(text, { interruptible: true }))),
        Effect.catchAll(failed)
      )
    }
  }).pipe(
    Effect.ensuring(
      Effect.suspend(() =>
        Option.match(conversation.current(), {
          onNone: () => Effect.void,
          onSome: (id) => printError(`Go on with it later: effect-julep chat --session ${id}`)
        })
      )
    )
  )

/** The message that is piped. */
const message: Effect.Effect<string, UsageError, Stdio> = Effect.flatMap(Stdio, ({ read }) => read).pipe(
  Effect.map((text) => text.trim()),
  Effect.filterOrFail(
    (text) => text !== "",
    () => new UsageError({ message: "There is no message: the input is empty." })
  )
)

export const command = make({
  description:
    "Talks with an agent in the terminal. Without --agent, the only one there is answers, else a default agent is made. Input that is piped is answered once; with --json, by the reply as one JSON value.",
  example: `effect-julep chat --agent Ada --user Sam
echo "How long do refunds take?" | effect-julep chat --agent Ada --json`,
  config: {
    ...participants,
    docs: texts("docs", "A file or a folder that the agent should know, as `docs add` adds it.").pipe(
      Options.withPseudoName("PATH")
    ),
    model,
    ...connection
  },
  run: ({ json, model, ...given }) =>
    Effect.gen(function* () {
      const chosen = yield* modelOf(model)
      const { inputIsTerminal } = yield* Stdio
      const piped = inputIsTerminal && !json ? undefined : yield* message
      const to = yield* target(given)
      const program = Effect.gen(function* () {
        const conversation = conversationOf(yield* participantsOf(yield* Julep, given))
        yield* learn(conversation, given.docs)
        if (json && piped !== undefined) return yield* Effect.flatMap(conversation.ask(piped), printJson)
        if (to._tag !== "Server" && Option.isNone(model)) {
          const { modelOf } = yield* Effect.promise(() => import("../../layers/ServerParts.js"))
          if ((yield* modelOf({})) === "offline") yield* printError(OFFLINE)
        }
        if (piped !== undefined) return yield* conversation.say(piped, { interruptible: false })
        yield* printError(
          `You talk with ${sanitizeForTerminal(conversation.agent.name)}. /help shows the commands, Ctrl-D ends.`
        )
        yield* converse(conversation)
      })
      yield* provideStore(program, layerOf(given, { creates: true, model: chosen }))
    })
})
