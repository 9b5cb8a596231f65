/** The page: a form for the key until there is one that the server takes, then the three panes. */
import { Result, useAtomRefresh, useAtomValue } from "@effect-atom/atom-react"
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { useState } from "react"
import { Browser } from "./components/Browser.js"
import { Conversation } from "./components/Conversation.js"
import { Failure, sentenceOf } from "./components/Failure.js"
import { Inspector } from "./components/Inspector.js"
import { KeyForm } from "./components/KeyForm.js"
import { TopBar, type View } from "./components/TopBar.js"
import { key } from "./key.js"
import { connection } from "./state/connection.js"
import { selection } from "./state/selection.js"

/** The three panes. A narrow screen shows one of them. */
const Panes = () => {
  const selected = useAtomValue(selection)
  const [view, setView] = useState<View>(selected.session === undefined ? "Browse" : "Chat")
  return (
    <div className="page">
      <TopBar view={view} onView={setView} />
      <div className="panes" data-view={view}>
        <section className="pane" data-pane="Browse" aria-label="Agents, users and sessions">
          <Browser onOpen={() => setView("Chat")} />
        </section>
        <main className="pane" data-pane="Chat" aria-label="Conversation">
          {selected.session === undefined ? (
            <p className="empty notice">
              {selected.agent === undefined
                ? "Select a session, or an agent to start one with."
                : "Select a session, or start one."}
            </p>
          ) : (
            <Conversation key={selected.session} id={selected.session} onInspect={() => setView("Inspect")} />
          )}
        </main>
        <aside className="pane" data-pane="Inspect" aria-label="Inspector">
          <Inspector />
        </aside>
      </div>
    </div>
  )
}

const Connected = () => {
  const result = useAtomValue(connection)
  const retry = useAtomRefresh(connection)
  if (Result.isInitial(result)) return null
  if (Result.isFailure(result)) {
    const error = Option.getOrUndefined(Cause.failureOption(result.cause))
    return error?._tag === "Unauthorized" || error?._tag === "JulepConfigError" ? (
      <KeyForm problem={sentenceOf(error)} />
    ) : (
      <main className="notice">
        <Failure cause={result.cause} retry={retry} />
      </main>
    )
  }
  return <Panes />
}

export const App = () => (Redacted.value(useAtomValue(key)) === "" ? <KeyForm problem={undefined} /> : <Connected />)
