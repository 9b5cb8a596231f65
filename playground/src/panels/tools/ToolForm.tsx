/** Creates a tool, or edits one. Its parameters are checked as they are typed. */
import * as Either from "effect/Either"
import type { AgentId, Tool } from "effect-julep"
import { useState } from "react"
import { TextArea, TextField } from "../../components/Field.js"
import { FormDialog } from "../../components/FormDialog.js"
import { useSubmit } from "../../components/useSubmit.js"
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
  readonly tool: Tool | undefined
  readonly onClose: () => void
}

export const ToolForm = ({ agent, onClose, tool }: ToolFormProps) => {
  const [name, setName] = useState(tool?.function.name ?? "")
  const [description, setDescription] = useState(tool?.function.description ?? "")
  const [text, setText] = useState(JSON.stringify(tool?.function.parameters ?? EXAMPLE, null, 2))
  const submitting = useSubmit(saveTool, onClose)
  const parameters = parametersOf(text)
  const isWrong = Either.isLeft(parameters)
  const input =
    isWrong || name.trim() === ""
      ? undefined
      : {
          agent_id: agent,
          tool_id: tool?.id,
          name: name.trim(),
          description: description.trim(),
          parameters: parameters.right
        }
  return (
    <FormDialog
      title={tool === undefined ? "New tool" : `Edit ${tool.function.name}`}
      action={tool === undefined ? "Create" : "Save"}
      {...submitting}
      input={input}
      onClose={onClose}
    >
      <TextField label="Name" value={name} onChange={setName} placeholder="order_state" isRequired />
      <TextArea
        label="Description"
        value={description}
        onChange={setDescription}
        rows={2}
        placeholder="What it does and when to call it, for the model"
      />
      <TextArea
        label="Parameters, as a JSON Schema"
        value={text}
        onChange={setText}
        rows={12}
        isCode
        isWrong={isWrong}
        hint={isWrong ? parameters.left : undefined}
      />
    </FormDialog>
  )
}
