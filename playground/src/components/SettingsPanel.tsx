/** The settings of the next turns. What is left out is the agent's. */
import { useAtom } from "@effect-atom/atom-react"
import type { RecallOptions } from "effect-julep"
import { useId, useState } from "react"
import { otherSettings, settings, type TurnSettings } from "../state/settings.js"
import { Checkbox, TextArea, TextField } from "./Field.js"
import { JsonField, jsonListOf, jsonOf, jsonText } from "./JsonField.js"
import { NumberField } from "./NumberField.js"

/** A setting that is left out, or has a value. */
const withSetting = <Name extends keyof TurnSettings>(
  all: TurnSettings,
  name: Name,
  value: TurnSettings[Name] | undefined
): TurnSettings => {
  const { [name]: _, ...others } = all
  return value === undefined ? others : { ...others, [name]: value }
}

const NUMBERS = [
  ["temperature", "Temperature", "0 to 2"],
  ["top_p", "Top p", "0 to 1"],
  ["max_tokens", "Most tokens", "1 to 16,384"],
  ["seed", "Seed", "-1 to 9,999"],
  ["frequency_penalty", "Frequency penalty", "-1 to 1"],
  ["presence_penalty", "Presence penalty", "-1 to 1"]
] as const

const COUNTS = [
  ["passages", "Passages of docs", "6"],
  ["memories", "Memories", "6"],
  ["messages", "Earlier messages", "8"],
  ["threshold", "Least score", "0 to 1"]
] as const

const CHOICES = ["auto", "none", "required"] as const

export const SettingsPanel = () => {
  const [all, setAll] = useAtom(settings)
  const [stop, setStop] = useState([all.stop ?? []].flat().join("\n"))
  const [others, setOthers] = useAtom(otherSettings)
  const [text, setText] = useState(jsonText(others))
  const [tools, setTools] = useState(jsonText(all.tools))
  const choice = useId()
  const set = <Name extends keyof TurnSettings>(name: Name, value: TurnSettings[Name] | undefined) =>
    setAll((current) => withSetting(current, name, value))
  const recall: RecallOptions = typeof all.recall === "object" ? all.recall : {}
  const setRecall = (name: (typeof COUNTS)[number][0], value: number | undefined) => {
    const { [name]: _, ...others } = recall
    const next = value === undefined ? others : { ...others, [name]: value }
    set("recall", Object.keys(next).length === 0 ? undefined : next)
  }
  const change = (next: string) => {
    setText(next)
    const value = jsonOf(next)
    if (value !== undefined) setOthers(value)
  }
  const changeTools = (next: string) => {
    setTools(next)
    const value = jsonListOf(next)
    // The client checks each of them, and names what is wrong.
    if (value !== undefined) set("tools", value.length === 0 ? undefined : (value as TurnSettings["tools"]))
  }
  const isNoList = jsonListOf(tools) === undefined
  return (
    <div className="settings">
      <fieldset>
        <legend>Model</legend>
        {NUMBERS.map(([name, label, placeholder]) => (
          <NumberField
            key={name}
            label={label}
            placeholder={placeholder}
            value={all[name]}
            onChange={(value) => set(name, value)}
          />
        ))}
        <TextField
          label="Stop at"
          value={stop}
          placeholder="a text"
          onChange={(text) => {
            setStop(text)
            set("stop", text === "" ? undefined : text)
          }}
        />
        <div className="field">
          <label htmlFor={choice}>Tool choice</label>
          <select
            id={choice}
            value={typeof all.tool_choice === "string" ? all.tool_choice : "auto"}
            onChange={({ target }) => {
              const chosen = CHOICES.find((each) => each === target.value)
              set("tool_choice", chosen === "auto" ? undefined : chosen)
            }}
          >
            {CHOICES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </div>
      </fieldset>
      <fieldset>
        <legend>Memory</legend>
        <div className="switches">
          <Checkbox
            label="Recall docs, memories and messages"
            isOn={all.recall !== false}
            onChange={(isOn) => set("recall", isOn ? undefined : false)}
          />
          <Checkbox
            label="Form memories of this turn"
            isOn={all.remember !== false}
            onChange={(isOn) => set("remember", isOn ? undefined : false)}
          />
          <Checkbox
            label="Add this turn to the history"
            isOn={all.record !== false}
            onChange={(isOn) => set("record", isOn ? undefined : false)}
          />
        </div>
        {all.recall === false
          ? null
          : COUNTS.map(([name, label, placeholder]) => (
              <NumberField
                key={name}
                label={label}
                placeholder={placeholder}
                value={recall[name]}
                onChange={(value) => setRecall(name, value)}
              />
            ))}
      </fieldset>
      <fieldset>
        <legend>Others</legend>
        <TextArea
          label="Tools of these turns, beside those of the agent, as JSON"
          value={tools}
          onChange={changeTools}
          rows={tools === "" ? 2 : 5}
          isCode
          placeholder='[{ "type": "function", "function": { "name": "order_state", "parameters": { "type": "object" } } }]'
          isWrong={isNoList}
          hint={isNoList ? "It must be a JSON list of tools." : undefined}
        />
        <JsonField
          label="Any other setting of a chat, as JSON"
          value={text}
          onChange={change}
          placeholder='{ "response_format": { "type": "json_object" }, "extra": { "reasoning_effort": "low" } }'
        />
      </fieldset>
    </div>
  )
}
