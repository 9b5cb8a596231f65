/** The panels of the right side, in the order of their tabs. That of the prompt is the first. */
import { DocsPanel } from "./docs/DocsPanel.js"
import { JobsPanel } from "./jobs/JobsPanel.js"
import { MemoriesPanel } from "./memories/MemoriesPanel.js"
import type { Panel } from "./Panel.js"
import { PromptPanel } from "./prompt/PromptPanel.js"
import { ToolsPanel } from "./tools/ToolsPanel.js"

export const panels: ReadonlyArray<Panel> = [
  { name: "Prompt", Content: PromptPanel },
  { name: "Memories", Content: MemoriesPanel },
  { name: "Docs", Content: DocsPanel },
  { name: "Tools", Content: ToolsPanel },
  { name: "Jobs", Content: JobsPanel }
]
