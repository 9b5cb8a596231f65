/** The page: a form for the key until there is one that the server takes, then the three panes. */
import { Result, useAtomRefresh, useAtomValue } from "@effect-atom/atom-react"
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Failure } from "./components/Failure.js"
import { Inspector } from "./components/Inspector.js"
import { KeyForm } from "./components/KeyForm.js"
import { key } from "./key.js"
import { connection } from "./state/connection.js"

const Connected = () => {
  const result = useAtomValue(connection)
  const retry = useAtomRefresh(connection)
  if (Result.isInitial(result)) return null
  if (Result.isFailure(result)) {
    const error = Option.getOrUndefined(Cause.failureOption(result.cause))
    return error?._tag === "Unauthorized" || error?._tag === "JulepConfigError" ? (
      <KeyForm problem={error.message} />
    ) : (
      <main className="notice">
        <Failure cause={result.cause} retry={retry} />
      </main>
    )
  }
  return (
    <div className="panes">
      <nav className="pane" aria-label="Agents, users and sessions" />
      <main className="pane" />
      <aside className="pane" aria-label="Inspector">
        <Inspector />
      </aside>
    </div>
  )
}

export const App = () => (Redacted.value(useAtomValue(key)) === "" ? <KeyForm problem={undefined} /> : <Connected />)
