/** The conversation of the playground: keys, streams that stop, errors, tools, and where a reply comes from. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import { expect } from "vitest"
import * as Scripted from "../../../src/layers/Scripted.js"
import type { Client } from "../../../src/promise/index.js"
import { contentText } from "../../../src/schema/Message.js"
import * as Playground from "../../support/playground.js"
import { KEY } from "../../support/serving.js"

const { visit } = Playground

const composer = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true })

const send = async (page: Page, text: string) => {
  await composer(page).fill(text)
  await composer(page).press("Enter")
}

const lastTurn = (page: Page) => page.getByRole("article", { name: "Last turn" })

/** Roles and texts of a history, and what was cut off. */
const said = async (client: Client, session: string) =>
  (await client.sessions.history(session)).map(({ aborted, content, role }) =>
    aborted === true ? [role, contentText(content), "aborted"] : [role, contentText(content)]
  )

const started = async (client: Client) => {
  const agent = await client.agents.create({ name: "Ada" })
  const session = await client.sessions.create({ agent_id: agent.id })
  return { agent, session, selected: { agent: agent.id, session: session.id } }
}

export const conversation = (it: Playground.It) => {
  it("asks for a key until the server takes it, and leads from a new agent to a first reply", () =>
    visit({}, async ({ accessible, client, open, page }) => {
      await open({}, "wrong-key-0123456789")
      await page.getByRole("alert").waitFor()
      expect(new URL(page.url()).hash).toBe("")
      await accessible("a key that is refused")
      await page.getByRole("textbox", { name: "Key of this server" }).fill(KEY)
      await page.getByRole("button", { name: "Connect" }).click()
      await page.getByRole("button", { name: "New agent" }).click()
      await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("Ada")
      await accessible("the form of an agent")
      await page.getByRole("button", { name: "Create" }).click()
      await page.getByRole("button", { name: "Ada", exact: true }).waitFor()
      await page.getByRole("button", { name: "New session" }).click()
      await send(page, "Hello")
      await lastTurn(page).getByText("(offline model)").waitFor()
      const session = (await client.sessions.list())[0]
      expect((await said(client, session?.id ?? "")).map(([role]) => role)).toEqual(["user", "assistant"])
      await page.getByRole("list", { name: "Parts of the prompt" }).getByText("Hello").waitFor()
      await accessible("a conversation")

      // The key and the selection outlive a reload, and the server has the prompt.
      await page.reload()
      await lastTurn(page).getByText("(offline model)").waitFor()
      await page.getByRole("list", { name: "Parts of the prompt" }).getByText("Hello").waitFor()
      expect(page.url()).not.toContain(KEY)
    }))

  it("answers from a file that was dropped, and the prompt leads to the doc", () =>
    visit({}, async ({ client, open, page }) => {
      const { selected } = await started(client)
      await open(selected)
      await page.getByRole("tab", { name: "Docs" }).click()
      const text = "# Returns\n\nUnopened bags can be returned within 30 days."
      await Playground.drop(page.getByTestId("drop"), { name: "returns.md", text })
      await page.getByRole("list", { name: "Added files" }).getByText("indexed").waitFor()
      await send(page, "How long can I return an unopened bag?")
      await lastTurn(page).getByText("within 30 days").waitFor()
      await page.getByRole("tab", { name: "Prompt" }).click()
      const part = page.getByRole("list", { name: "Parts of the prompt" }).locator('[data-kind="doc"]')
      await part.getByText(/^score \d\.\d\d$/).waitFor()
      await part.getByRole("button", { name: "Returns" }).click()
      await page.getByRole("dialog", { name: "Returns" }).locator("mark", { hasText: "30 days" }).waitFor()
    }))

  it("keeps what came of a reply that is stopped, or whose page is reloaded, and sends again", () => {
    const released = Effect.runSync(Deferred.make<void>())
    const begun = Scripted.pieces(["The beginning ", "of a reply"], Scripted.hold(released, "end"))
    const model = Scripted.layer([begun, begun, "A whole reply."])
    return visit({ model }, async ({ client, open, page }) => {
      const { selected, session } = await started(client)
      await open(selected)
      await send(page, "First")
      await lastTurn(page).getByText("The beginning of a reply").waitFor()
      await page.getByRole("button", { name: "Stop" }).click()
      await lastTurn(page).getByText("cut off").waitFor()
      const first = [
        ["user", "First"],
        ["assistant", "The beginning of a reply", "aborted"]
      ]
      expect(await said(client, session.id)).toEqual(first)

      await send(page, "Second")
      await lastTurn(page).getByText("The beginning of a reply").waitFor()
      await page.reload()
      await lastTurn(page).getByText("Second").waitFor()
      await lastTurn(page).getByText("cut off").waitFor()
      expect(await said(client, session.id)).toEqual([
        ...first,
        ["user", "Second"],
        ["assistant", "The beginning of a reply", "aborted"]
      ])
      await page.getByRole("button", { name: "Send again" }).click()
      await lastTurn(page).getByText("A whole reply.").waitFor()
    })
  })

  it("shows the sentence of the API where a model fails, and waits as long as it asks for", () => {
    const model = Scripted.layer([
      { error: "rate_limited", message: "The endpoint takes no more requests now.", retryAfter: 3600 },
      { error: "invalid_request", message: "The endpoint does not like the request." },
      "At last."
    ])
    return visit({ model }, async ({ accessible, client, open, page }) => {
      const { selected } = await started(client)
      await open(selected)
      await send(page, "Hello")
      await page.getByRole("alert").filter({ hasText: "The endpoint takes no more requests now." }).waitFor()
      expect(await page.getByRole("button", { name: /^Send again in \d+ s$/ }).isDisabled()).toBe(true)
      await accessible("an error")
      await send(page, "Hello again")
      await page.getByRole("alert").filter({ hasText: "The endpoint does not like the request." }).waitFor()
      await page.getByRole("button", { name: "Send again" }).click()
      await lastTurn(page).getByText("At last.").waitFor()
    })
  })

  it("takes the result of a tool by a form, and asks again beside the first answer", () => {
    const model = Scripted.layer([
      { calls: [{ name: "order_state", arguments: { order: "1042" } }] },
      "It is on its way.",
      "First answer.",
      "Second answer."
    ])
    return visit({ model }, async ({ accessible, client, open, page }) => {
      const { agent, selected, session } = await started(client)
      const parameters = { type: "object", properties: { order: { type: "string" } } }
      const definition = { name: "order_state", parameters }
      await client.tools.create({ agent_id: agent.id, tool: { type: "function", function: definition } })
      await open(selected)
      await send(page, "Where is order 1042?")
      const result = page.getByRole("textbox", { name: "Result of order_state" })
      await result.fill('{ "state": "shipped" }')
      await accessible("a call of a tool")
      await page.getByRole("button", { name: "Send the result" }).click()
      await lastTurn(page).getByText("It is on its way.").waitFor()
      expect((await said(client, session.id)).map(([role]) => role)).toEqual([
        "user",
        "function_call",
        "function",
        "assistant"
      ])
      await page
        .getByRole("list", { name: "Parts of the prompt" })
        .locator('[data-kind="function"]')
        .getByText("shipped")
        .waitFor()

      await send(page, "Are you sure?")
      await lastTurn(page).getByText("First answer.").waitFor()
      await page.getByRole("button", { name: "Ask again" }).click()
      await lastTurn(page).getByText("Second answer.").waitFor()
      await lastTurn(page).getByText("First answer.").waitFor()
      await accessible("two answers")
      expect((await said(client, session.id)).length).toBe(6)
    })
  })
}
