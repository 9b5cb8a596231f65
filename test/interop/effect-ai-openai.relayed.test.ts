/** Both lines of `@effect/ai-openai`: each call through the engine against the same call at the model's endpoint. */
import { identity } from "effect/Function"
import { compare, type End } from "../support/openai/bothWays.js"
import { calls, version } from "./calls/effectAiOpenai.js"
import { calls as calls021, version as version021 } from "./effect-ai-openai-0.21/calls.js"

compare(`@effect/ai-openai ${version}`, identity<End>, calls)

compare(`@effect/ai-openai ${version021}`, identity<End>, calls021)
