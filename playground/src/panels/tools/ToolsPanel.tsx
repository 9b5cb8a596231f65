/** The tools of the agent. */
import { useAtom, useAtomRefresh } from "@effect-atom/atom-react"
import type { AgentId, Tool } from "effect-julep"
import { useState } from "react"
import { IconButton } from "../../components/icons.js"
import type { PanelProps } from "../Panel.js"
import { Clamped } from "../parts/Clamped.js"
import { DeleteButton } from "../parts/DeleteButton.js"
import { Pages } from "../parts/Pages.js"
import { ToolForm } from "./ToolForm.js"
import { deleteTool, PAGE, toolsOf } from "./tools.js"

const List = ({ agent }: { readonly agent: AgentId }) => {
  const list = toolsOf(agent)
  const [result, more] = useAtom(list)
  const refresh = useAtomRefresh(list)
  const [edited, setEdited] = useState<Tool | "new" | undefined>(undefined)
  const close = () => setEdited(undefined)
  return (
    <div className="panel">
      <div className="toolbar">
        <button type="button" onClick={() => setEdited("new")}>
          New tool
        </button>
      </div>
      <Pages
        label="Tools"
        page={PAGE}
        result={result}
        onMore={more}
        retry={refresh}
        empty="No tools. When the model calls one, the conversation has a form for the result."
      >
        {(tool) => (
          <li key={tool.id} className="part">
            <div className="part-head">
              <strong className="mono">{tool.function.name}</strong>
              <span className="end">
                <IconButton icon="edit" label={`Edit the tool ${tool.function.name}`} onClick={() => setEdited(tool)} />
                <DeleteButton
                  what={`the tool ${tool.function.name}`}
                  consequence="The model can no longer call it."
                  id={{ agent_id: agent, tool_id: tool.id }}
                  remove={deleteTool}
                />
              </span>
            </div>
            {tool.function.description ? <p>{tool.function.description}</p> : null}
            <Clamped text={JSON.stringify(tool.function.parameters, null, 2)} of="the parameters" />
          </li>
        )}
      </Pages>
      {edited === undefined ? null : (
        <ToolForm agent={agent} tool={edited === "new" ? undefined : edited} onClose={close} />
      )}
    </div>
  )
}

export const ToolsPanel = ({ agent }: PanelProps) =>
  agent === undefined ? <p className="empty">Select an agent, or create one.</p> : <List key={agent} agent={agent} />
