import { JulepApi } from "../../schema/api/JulepApi.js"
import { OpenAiApi } from "../../schema/api/OpenAiApi.js"

/** Everything the engine answers: the agents API and `/v1`. */
export const EngineApi = JulepApi.addHttpApi(OpenAiApi)
