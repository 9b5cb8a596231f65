/** LangChain: each call through the engine against the same call at the model's endpoint. */
import { createRequire } from "node:module"
import { compare } from "../support/openai/bothWays.js"
import { calls, models } from "./calls/langchain.js"

const { version } = createRequire(import.meta.url)("@langchain/openai/package.json")

compare(`@langchain/openai ${version}`, models, calls)
