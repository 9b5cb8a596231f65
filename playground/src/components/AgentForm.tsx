/** Creates an agent, or edits one. */
import { type Agent, type AgentDefaultSettings, DEFAULT_MODEL } from "effect-julep"
import { useState } from "react"
import { saveAgent } from "../state/agents.js"
import { TextArea, TextField } from "./Field.js"
import { FormDialog } from "./FormDialog.js"
import { JsonField, jsonOf, jsonText } from "./JsonField.js"
import { useSubmit } from "./useSubmit.js"

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line.trim() !== "")

export const AgentForm = ({ agent, onClose }: { readonly agent: Agent | undefined; readonly onClose: () => void }) => {
  const [name, setName] = useState(agent?.name ?? "")
  const [about, setAbout] = useState(agent?.about ?? "")
  const [instructions, setInstructions] = useState([agent?.instructions ?? []].flat().join("\n"))
  const [model, setModel] = useState(agent?.model ?? "")
  const [defaults, setDefaults] = useState(jsonText(agent?.default_settings))
  const [metadata, setMetadata] = useState(jsonText(agent?.metadata))
  const submitting = useSubmit(saveAgent, onClose)
  const settings = jsonOf(defaults)
  const data = jsonOf(metadata)
  const isWhole = name.trim() !== "" && settings !== undefined && data !== undefined
  const input = {
    name: name.trim(),
    about,
    instructions: linesOf(instructions),
    ...(model.trim() === "" ? {} : { model: model.trim() }),
    // The client checks it, and names what is wrong.
    default_settings: settings as AgentDefaultSettings,
    metadata: data ?? {}
  }
  return (
    <FormDialog
      title={agent === undefined ? "New agent" : `Edit ${agent.name}`}
      action={agent === undefined ? "Create" : "Save"}
      of={agent?.id}
      {...submitting}
      input={isWhole ? { id: agent?.id, input } : undefined}
      onClose={onClose}
    >
      <TextField label="Name" value={name} onChange={setName} isRequired />
      <TextArea
        label="About"
        value={about}
        onChange={setAbout}
        rows={2}
        placeholder="Who the agent is and what it does"
      />
      <TextArea
        label="Instructions"
        value={instructions}
        onChange={setInstructions}
        rows={4}
        placeholder="What it must do in every reply, one instruction a line"
      />
      <TextField label="Model" value={model} onChange={setModel} placeholder={DEFAULT_MODEL} />
      <details>
        <summary>Default settings and metadata</summary>
        <JsonField label="Default settings, as JSON" value={defaults} onChange={setDefaults} />
        <JsonField label="Metadata, as JSON" value={metadata} onChange={setMetadata} />
      </details>
    </FormDialog>
  )
}
