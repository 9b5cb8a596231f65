/** The form of a tool. Its parameters are checked before they are sent. */
import { Result, useAtom } from "@effect-atom/atom-react"
import * as Either from "effect/Either"
import type { AgentId, Tool } from "effect-julep"
import { type FormEvent, useId, useState } from "react"
import { Failure } from "../../components/Failure.js"
import { parametersOf } from "./parameters.js"
import { saveTool } from "./tools.js"

/** What the form of a new tool begins with. */
const EXAMPLE = {
  type: "object",
  properties: { order: { type: "string", description: "The number of the order" } },
  required: ["order"],
  additionalProperties: false
}

export interface ToolFormProps {
  readonly agent: AgentId
  /** The tool to change. Without one, a new one is made. */
  readonly tool?: Tool | undefined
  readonly onClose: () => void
}

export const ToolForm = ({ agent, onClose, tool }: ToolFormProps) => {
  const id = useId()
  const [name, setName] = useState(tool?.function.name ?? "")
  const [description, setDescription] = useState(tool?.function.description ?? "")
  const [text, setText] = useState(JSON.stringify(tool?.function.parameters ?? EXAMPLE, null, 2))
  const [problem, setProblem] = useState("")
  const [result, save] = useAtom(saveTool, { mode: "promiseExit" })
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const parameters = parametersOf(text)
    setProblem(Either.isLeft(parameters) ? parameters.left : "")
    if (Either.isLeft(parameters)) return
    const saved = await save({
      agent_id: agent,
      tool_id: tool?.id,
      name: name.trim(),
      description: description.trim(),
      parameters: parameters.right
    })
    if (saved._tag === "Success") onClose()
  }
  return (
    <form
      className="stack"
      onSubmit={submit}
      aria-label={tool === undefined ? "New tool" : `Tool ${tool.function.name}`}
    >
      <label htmlFor={`${id}-name`}>Name, by which the model calls it</label>
      <input
        id={`${id}-name`}
        className="mono"
        required
        value={name}
        onChange={({ target }) => setName(target.value)}
        autoComplete="off"
        spellCheck={false}
      />
      <label htmlFor={`${id}-description`}>What it does and when to call it, for the model</label>
      <textarea
        id={`${id}-description`}
        rows={2}
        value={description}
        onChange={({ target }) => setDescription(target.value)}
      />
      <label htmlFor={`${id}-parameters`}>JSON Schema of its arguments</label>
      <textarea
        id={`${id}-parameters`}
        className="mono"
        rows={12}
        value={text}
        onChange={({ target }) => setText(target.value)}
        aria-invalid={problem !== ""}
        aria-describedby={`${id}-problem`}
        spellCheck={false}
      />
      <p
        id={`${id}-problem`}
        className={problem === "" ? "hint" : "failure"}
        role={problem === "" ? undefined : "alert"}
      >
        {problem}
      </p>
      {Result.isFailure(result) && !result.waiting ? <Failure cause={result.cause} /> : null}
      <div className="row">
        <button type="submit" className="primary" disabled={name.trim() === "" || result.waiting}>
          {tool === undefined ? "Create" : "Save"}
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  )
}
