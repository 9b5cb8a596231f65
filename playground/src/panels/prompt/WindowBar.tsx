/** The window of the model as a bar: what each group of parts takes, what is left, and what is kept for the reply. */
import type { ExplainedPrompt } from "effect-julep"
import { formatNumber } from "../../components/format.js"
import { GROUPS, spentOn } from "./groups.js"

export const WindowBar = ({ prompt }: { readonly prompt: ExplainedPrompt }) => {
  const { budget, model, prompt_tokens, window } = prompt
  const spent = spentOn(prompt)
  const tools = spent.find(({ group }) => group === "tools")?.tokens ?? 0
  const left = Math.max(0, budget - prompt_tokens)
  const reply = Math.max(0, window - budget - tools)
  const share = (tokens: number) => ({ flexGrow: tokens })
  return (
    <div className="window">
      <p className="toolbar">
        <span>
          <strong>{formatNumber(prompt_tokens)}</strong> of {formatNumber(budget)} tokens
        </span>
        <span className="hint">in a window of {formatNumber(window)}</span>
        <code className="hint">{model}</code>
      </p>
      <div className="window-bar" aria-hidden="true">
        {spent.map(({ group, tokens }) => (
          <span key={group} className={`swatch ${group}`} style={share(tokens)} />
        ))}
        <span className="swatch left" style={share(left)} />
        <span className="swatch reply" style={share(reply)} />
      </div>
      <ul className="legend">
        {spent.map(({ group, tokens }) => (
          <li key={group}>
            <span className={`swatch ${group}`} aria-hidden="true" /> {GROUPS[group]}{" "}
            <span className="numbers">{formatNumber(tokens)}</span>
          </li>
        ))}
        <li>
          <span className="swatch left" aria-hidden="true" /> Left <span className="numbers">{formatNumber(left)}</span>
        </li>
        <li>
          <span className="swatch reply" aria-hidden="true" /> Reply
          <span className="numbers">{formatNumber(reply)}</span>
        </li>
      </ul>
    </div>
  )
}
