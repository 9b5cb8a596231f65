/** Models of `@effect/ai` as the engine's: any `LanguageModel` answers chats, any `EmbeddingModel` embeds docs. */
export { type EmbeddingModelOptions, embeddingModel } from "./model/embeddingModel.js"
export { type LanguageModelOptions, languageModel } from "./model/languageModel.js"
export { type Dial, type DialMembers, type ProviderSettings, settings } from "./model/settings.js"
