/** Asks for the key of the server, when there is none or it is refused. */
import { useAtomSet } from "@effect-atom/atom-react"
import * as Redacted from "effect/Redacted"
import { type FormEvent, useId, useState } from "react"
import { key } from "../key.js"

export const KeyForm = ({ problem }: { readonly problem: string | undefined }) => {
  const setKey = useAtomSet(key)
  const [text, setText] = useState("")
  const id = useId()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() !== "") setKey(Redacted.make(text.trim()))
  }
  return (
    <main className="key-form">
      <form onSubmit={submit}>
        <h1>effect-julep</h1>
        {problem === undefined ? null : (
          <p className="failure" role="alert">
            {problem}
          </p>
        )}
        <label htmlFor={id}>Key of this server</label>
        {/* Not a password: browsers would offer to keep it. */}
        <input
          id={id}
          className="secret"
          value={text}
          onChange={({ target }) => setText(target.value)}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
        />
        <p className="hint">
          It is the value of <code>AGENTS_API_KEY</code>, or the content of the file that{" "}
          <code>effect-julep serve</code> names when it starts. The page keeps it until you close this tab.
        </p>
        <button type="submit" className="primary">
          Connect
        </button>
      </form>
    </main>
  )
}
