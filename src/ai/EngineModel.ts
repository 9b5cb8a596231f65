/** Models of `@effect/ai` as the engine's: any `LanguageModel` answers chats, any `EmbeddingModel` embeds docs. */
export { type EmbeddingModelOptions, embeddingModel } from "./model/embeddingModel.js"
export { type LanguageModelOptions, languageModel } from "./model/languageModel.js"
export { type ProviderSettings, type SettingMembers, type SettingName, settings } from "./model/settings.js"
