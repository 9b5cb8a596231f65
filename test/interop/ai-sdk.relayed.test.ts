/** The AI SDK: each call through the engine against the same call at the model's endpoint. */
import { createRequire } from "node:module"
import { compare } from "../support/openai/bothWays.js"
import { calls, provider } from "./calls/aiSdk.js"

const versionOf = (name: string): string => createRequire(import.meta.url)(`${name}/package.json`).version

compare(
  `ai ${versionOf("ai")} with @ai-sdk/openai-compatible ${versionOf("@ai-sdk/openai-compatible")}`,
  provider,
  calls
)
