/** The settings of a chat, which a `LanguageModel` takes in the configuration of its provider or not at all. */
import * as Context from "effect/Context"
import * as Either from "effect/Either"
import { ModelError, type ModelRequest, type ModelSettings } from "../../layers/EnginePorts.js"

/** What a request has beside messages and tools: its settings, the name of the model, and members of the endpoint's own. */
type Settings = Required<Omit<ModelSettings, "response_format">> & Required<Pick<ModelRequest, "model" | "extra">>

/** The name of a setting, or `model`, or `extra`. */
export type SettingName = keyof Settings

/** How the configuration of a provider takes settings: each as some of its members. */
export type SettingMembers<Config> = { readonly [Name in SettingName]?: (value: Settings[Name]) => Partial<Config> }

/** Settings that become the configuration of a provider. */
export interface ProviderSettings {
  /** The settings that have a place. */
  readonly names: ReadonlySet<string>
  /** The configuration for the settings of a request. */
  readonly context: (given: Partial<Settings>) => Context.Context<never>
}

/** The settings of a provider. */
export const settings = <Identifier, Config extends object>(
  tag: Context.Tag<Identifier, Config>,
  members: SettingMembers<Config>
): ProviderSettings => {
  const known: { readonly [name: string]: unknown } = members
  return {
    names: new Set(Object.keys(members)),
    context: (given) => {
      const config: Partial<Config> = Object.assign(
        {},
        ...Object.entries(given).map(([name, value]) => {
          const member = known[name]
          return typeof member === "function" ? member(value) : {}
        })
      )
      // A configuration that a call overrides may lack any member: the provider reads the rest from its layer.
      return Context.unsafeMake(new Map([[tag.key, config]]))
    }
  }
}

const NO_SETTINGS: ProviderSettings = { names: new Set(), context: () => Context.empty() }

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0)

const refused = (names: ReadonlyArray<string>) =>
  new ModelError({
    reason: "invalid_request",
    message: `The model of this engine is a LanguageModel, which has no place for ${names.join(", ")}. Leave that out of the chat and of the agent's default_settings, map it in the option "settings" of EngineModel.languageModel, or list it in its option "omit".`
  })

/** The configuration of a request, or the refusal of what has no place in it. */
export const contextOf = (
  { extra, model, settings }: ModelRequest,
  provider: ProviderSettings = NO_SETTINGS,
  omit: ReadonlyArray<string> = []
): Either.Either<Context.Context<never>, ModelError> => {
  const { response_format: _, ...rest } = settings
  const given = Object.fromEntries(
    Object.entries({ ...rest, extra }).filter(([name, value]) => !isEmpty(value) && !omit.includes(name))
  )
  const stray = Object.keys(given).flatMap((name) => {
    if (provider.names.has(name)) return []
    const members = name === "extra" ? Object.keys(extra ?? {}).filter((member) => !omit.includes(member)) : [name]
    return members
  })
  return stray.length > 0 ? Either.left(refused(stray)) : Either.right(provider.context({ ...given, model }))
}
