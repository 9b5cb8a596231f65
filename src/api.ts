/** `effect-julep/api`: the contract as `HttpApi` values of `@effect/platform`, to derive clients and documents of. */
export { JulepApi } from "./schema/api/JulepApi.js"
export { OpenAiApi } from "./schema/api/OpenAiApi.js"
