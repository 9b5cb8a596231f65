/** The promise client exposes no types of Effect: no effects, streams, options, layers or brands. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import type * as Brand from "effect/Brand"
import type * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"
import type { EngineModel } from "../../src/ai/index.js"
import type { Embedded } from "../../src/embedded.js"
import type { AgentId, Julep, JulepConfig, RequestOptions } from "../../src/index.js"
import type * as facade from "../../src/promise/index.js"

type Marked<Mark extends PropertyKey> = { readonly [M in Mark]: unknown }

type OfEffect =
  | Marked<Effect.EffectTypeId>
  | Marked<Stream.StreamTypeId>
  | Marked<Layer.LayerTypeId>
  | Marked<Option.TypeId>
  | Marked<Chunk.TypeId>
  | Marked<Duration.TypeId>
  | Marked<Redacted.RedactedTypeId>
  | Marked<typeof Brand.BrandTypeId>

/** The types that the check does not enter: values of the platform, and the error classes, which are Effect's own. */
type Known = Date | URL | AbortSignal | Error | typeof globalThis.fetch

/** The types of Effect anywhere inside a type: in parameters, results, items and members. */
type Inside<T, Depth extends ReadonlyArray<unknown> = []> = Depth["length"] extends 12
  ? never
  : T extends Known
    ? never
    : T extends OfEffect
      ? T
      : T extends string
        ? never
        : T extends (...args: infer Args) => infer Result
          ? Inside<Args[number], [...Depth, 0]> | Inside<Result, [...Depth, 0]>
          : T extends PromiseLike<infer A>
            ? Inside<A, [...Depth, 0]>
            : T extends { accumulate(): PromiseLike<infer Whole> } & AsyncIterable<infer Item>
              ? Inside<Whole | Item, [...Depth, 0]>
              : T extends AsyncIterable<infer Item>
                ? Inside<Item, [...Depth, 0]>
                : T extends ReadonlyArray<infer Item>
                  ? Inside<Item, [...Depth, 0]>
                  : T extends object
                    ? { [Key in keyof T]-?: Inside<T[Key], [...Depth, 0]> }[keyof T]
                    : never

describe("the Promise facade", () => {
  it("has no types of Effect in its clients and options", () => {
    expectTypeOf<Inside<facade.Client>>().toEqualTypeOf<never>()
    expectTypeOf<Inside<facade.ClientOptions>>().toEqualTypeOf<never>()
    expectTypeOf<Inside<facade.EmbeddedOptions>>().toEqualTypeOf<never>()
    expectTypeOf<Inside<facade.RequestOptions>>().toEqualTypeOf<never>()
    expectTypeOf<Inside<facade.CreateAgent>>().toEqualTypeOf<never>()
    expectTypeOf<Inside<facade.UpdateUser>>().toEqualTypeOf<never>()
    expectTypeOf<Inside<facade.PatchSession>>().toEqualTypeOf<never>()
  })

  it("and that would be seen, wherever it were", () => {
    expectTypeOf<Inside<Julep.Service>>().not.toEqualTypeOf<never>()
    expectTypeOf<Inside<() => Promise<ReadonlyArray<{ id: AgentId }>>>>().toEqualTypeOf<AgentId>()
    expectTypeOf<Inside<(id: { agent?: AgentId }) => void>>().toEqualTypeOf<AgentId>()
    expectTypeOf<Inside<AsyncIterable<Option.Option<string>>>>().not.toEqualTypeOf<never>()
    expectTypeOf<Inside<{ timeout?: Duration.Duration }>>().toEqualTypeOf<Duration.Duration>()
    expectTypeOf<Inside<{ accumulate(): Promise<AgentId> } & AsyncIterable<string>>>().toEqualTypeOf<AgentId>()
  })

  it("has ids that are plain strings, and times that are dates", () => {
    expectTypeOf<facade.Agent["id"]>().toEqualTypeOf<string>()
    expectTypeOf<facade.Session["agent_id"]>().toEqualTypeOf<string>()
    expectTypeOf<facade.ChatResponse["jobs"]>().toEqualTypeOf<ReadonlyArray<string>>()
    expectTypeOf<facade.Agent["created_at"]>().toExtend<Date | null | undefined>()
    expectTypeOf<Parameters<facade.Client["agents"]["get"]>[0]>().toEqualTypeOf<string>()
  })

  it("takes models and embedders of Effect, whose types it does not show", () => {
    type Model = NonNullable<facade.EmbeddedOptions["model"]>
    expectTypeOf<ReturnType<typeof EngineModel.languageModel>>().toExtend<Model>()
    expectTypeOf<Embedded.ModelLayer>().toExtend<facade.ModelLayer>()
    expectTypeOf<Layer.Layer<Embedded.Model>>().toExtend<Model>()
    expectTypeOf<ReturnType<typeof EngineModel.embeddingModel>>().toExtend<
      NonNullable<facade.EmbeddedOptions["embedder"] & facade.ReindexOptions["embedder"]>
    >()
    expectTypeOf<{ nmae: string }>().not.toExtend<Model>()
    expectTypeOf<"ofline">().not.toExtend<Model>()
  })

  it("takes the options that the layers take", () => {
    expectTypeOf<keyof facade.EmbeddedOptions>().toEqualTypeOf<keyof (Embedded.Options & Embedded.ClientOptions)>()
    expectTypeOf<keyof facade.ModelEndpoint>().toEqualTypeOf<keyof Embedded.ModelEndpoint>()
    expectTypeOf<keyof facade.EmbedderEndpoint>().toEqualTypeOf<keyof Embedded.EmbedderEndpoint>()
    expectTypeOf<keyof facade.RerankEndpoint>().toEqualTypeOf<keyof Embedded.RerankEndpoint>()
    // One's own `fetch` is what `transformClient` is to Effect.
    expectTypeOf<Exclude<keyof facade.ClientOptions, "fetch">>().toEqualTypeOf<
      Exclude<keyof JulepConfig.Options, "transformClient">
    >()
    expectTypeOf<Exclude<keyof facade.RequestOptions, "signal" | "onResponse">>().toEqualTypeOf<keyof RequestOptions>()
  })
})
